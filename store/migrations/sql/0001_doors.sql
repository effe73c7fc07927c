-- What other systems' logins are given: two roles to be members of, and a front door for changes of state.

CREATE FUNCTION public.set_state(
    case_reference text, new_state text, more jsonb DEFAULT '{}', reason text DEFAULT NULL,
    seen_version integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held public.application;
    reached integer;
BEGIN
    SELECT * INTO held FROM public.application a WHERE a.reference = case_reference FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no application %', case_reference USING ERRCODE = 'no_data_found';
    END IF;
    IF held.state = new_state AND held.details @> more THEN
        RETURN held.version;
    END IF;
    IF held.version <> seen_version THEN
        RAISE EXCEPTION 'application % is at version %, not %', case_reference, held.version, seen_version
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('gateway.reason', coalesce(reason, ''), true);
    UPDATE public.application a SET state = new_state, details = a.details || more
    WHERE a.reference = case_reference RETURNING a.version INTO reached;
    PERFORM set_config('gateway.reason', '', true);
    RETURN reached;
END $$;

COMMENT ON FUNCTION public.set_state IS
    'Moves a case: its new version. Repeating it changes nothing. P0002: no such case; 55000: another version; 23514: no such move';

REVOKE EXECUTE ON FUNCTION public.set_state FROM PUBLIC;

-- A login that may not create roles is no reason to stop: docs/store.md has the lines for the administrator.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['missan_portal', 'missan_reports'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
            NULL;
        END;
    END LOOP;
    IF to_regrole('missan_portal') IS NOT NULL THEN
        GRANT SELECT, INSERT, UPDATE ON public.application TO missan_portal;
        GRANT EXECUTE ON FUNCTION public.set_state TO missan_portal;
    END IF;
    IF to_regrole('missan_reports') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA measures TO missan_reports;
        GRANT SELECT ON ALL TABLES IN SCHEMA measures TO missan_reports;
    END IF;
END $$;
