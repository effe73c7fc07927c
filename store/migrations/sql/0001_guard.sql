-- Row triggers: what the database itself fills in, and what no writer may change.

CREATE FUNCTION gateway.complete_application() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known gateway.service;
BEGIN
    SELECT * INTO known FROM gateway.service WHERE service = NEW.service;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown service %; services: %', coalesce(NEW.service, 'NULL'),
            (SELECT string_agg(service, ', ' ORDER BY service) FROM gateway.service)
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.state := coalesce(NEW.state, known.start_state);
    IF NOT EXISTS (SELECT FROM gateway.service_state WHERE service = NEW.service AND state = NEW.state) THEN
        RAISE EXCEPTION '%: unknown state %; states: %', NEW.service, NEW.state,
            (SELECT string_agg(state, ', ' ORDER BY state) FROM gateway.service_state WHERE service = NEW.service)
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reference IS NULL THEN
        NEW.reference := gateway.new_reference();
    ELSIF NEW.reference ~ '^[2-9][0-9]{7}$' AND gateway.check_digit(NEW.reference) <> '0' THEN
        RAISE EXCEPTION 'reference % has a wrong check digit; leave it out and the database gives one', NEW.reference
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.directorate := coalesce(NEW.directorate,
        (SELECT directorate FROM gateway.service_route WHERE service = NEW.service AND place = NEW.place),
        known.directorate);
    NEW.created_at := coalesce(NEW.created_at, clock_timestamp());
    NEW.updated_at := NEW.created_at;
    NEW.state_since := NEW.created_at;
    NEW.came_from := NULL;
    NEW.version := 1;
    RETURN NEW;
END $$;

-- Answers without what is sealed in them.
CREATE FUNCTION gateway.without_sealed(answers jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'object' AND value ? 'enc' THEN '"sealed"'
                                               ELSE value END), '{}') FROM jsonb_each(answers)
$$;

-- New seals on the same values are no new version of the case. Whoever says so may change nothing else.
CREATE FUNCTION gateway.guard_rekey(was public.application, became public.application) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF to_jsonb(was) - '{answers,details}'::text[] <> to_jsonb(became) - '{answers,details}'::text[]
        OR gateway.without_sealed(was.answers) <> gateway.without_sealed(became.answers)
        OR gateway.without_sealed(was.details) <> gateway.without_sealed(became.details) THEN
        RAISE EXCEPTION 'application %: new keys change only what is sealed', was.reference
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- Runs once a row in bulk updates: no look-ups here. The capture (0001_capture.sql) checks the moves, set by set.
CREATE FUNCTION gateway.guard_application() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('gateway.rekey', true) = 'on'
        AND session_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        PERFORM gateway.guard_rekey(OLD, NEW);
        RETURN NEW;
    END IF;
    IF NEW.reference <> OLD.reference OR NEW.service <> OLD.service THEN
        RAISE EXCEPTION 'the reference and the service of an application do not change (%, %)',
            OLD.reference, OLD.service USING ERRCODE = 'check_violation';
    END IF;
    NEW.version := OLD.version + 1;
    IF NEW.updated_at = OLD.updated_at THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    IF NEW.state <> OLD.state THEN
        NEW.came_from := OLD.state;
        NEW.state_since := NEW.updated_at;
    ELSE
        NEW.came_from := OLD.came_from;
        NEW.state_since := OLD.state_since;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER complete BEFORE INSERT ON public.application
    FOR EACH ROW EXECUTE FUNCTION gateway.complete_application();

-- due_at is not listed: a clock that moves is not a new version of the case.
CREATE TRIGGER guard BEFORE UPDATE OF reference, service, state, phone, place, language, answers, details, directorate,
    came_from, version, state_since ON public.application
    FOR EACH ROW EXECUTE FUNCTION gateway.guard_application();

ALTER TABLE public.application ENABLE ALWAYS TRIGGER complete, ENABLE ALWAYS TRIGGER guard;
