-- What the triggers did, in fewer steps. The statements of the release before work as they did, and places are known to
-- the store, so that no case of another system goes astray under a misspelt one.

-- Filled at boot from config/places.yaml. While it is empty, as under the release before, any place is taken.
CREATE TABLE IF NOT EXISTS gateway.place (
    place text PRIMARY KEY
);

-- A function that runs once a row carries no SET: that costs more than what it does. It is called from one that has it,
-- or names its operators in full.
CREATE OR REPLACE FUNCTION gateway.check_digit(digits text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    quasigroup CONSTANT bytea :=
        '0317598642709215486342068713591750983426612304597836742095815869720134894536201794386172052581436790';
    said CONSTANT bytea := digits;
    interim int := 48; -- in ASCII, as are the digits
BEGIN
    FOR place IN 0 .. length(said) - 1 LOOP
        interim := get_byte(quasigroup, interim * 10 + get_byte(said, place) - 528);
    END LOOP;
    RETURN chr(interim);
END $$;

CREATE OR REPLACE FUNCTION gateway.new_reference() RETURNS char(8)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    digits text;
BEGIN
    FOR attempt IN 1 .. 50 LOOP
        digits := 2000000 + (('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 8000000);
        digits := digits || gateway.check_digit(digits);
        IF NOT EXISTS (SELECT FROM public.application WHERE reference = digits::char(8))
            AND NOT EXISTS (SELECT FROM gateway.event WHERE reference = digits::char(8)) THEN  -- an erased case's
            RETURN digits;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'no free reference found in 50 draws' USING ERRCODE = 'program_limit_exceeded';
END $$;

-- The place that a writer names, refused where the store knows places and this is none of them.
CREATE OR REPLACE FUNCTION gateway.known_place(wanted text) RETURNS text
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    places text;
BEGIN
    IF NOT EXISTS (SELECT FROM gateway.place WHERE place = wanted) THEN
        SELECT string_agg(place, ', ' ORDER BY place) INTO places FROM gateway.place;
        IF places IS NOT NULL THEN
            RAISE EXCEPTION 'unknown place %; places: %', wanted, places USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN wanted;
END $$;

-- Says what is wrong with a new application, if anything is.
CREATE OR REPLACE FUNCTION gateway.refuse_application(of_service text, wanted text, at_place text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM gateway.service WHERE service = of_service) THEN
        RAISE EXCEPTION 'unknown service %; services: %', coalesce(of_service, 'NULL'),
            (SELECT string_agg(service, ', ' ORDER BY service) FROM gateway.service)
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM gateway.service_state WHERE service = of_service AND state = wanted) THEN
        RAISE EXCEPTION '%: unknown state %; states: %', of_service, wanted,
            (SELECT string_agg(state, ', ' ORDER BY state) FROM gateway.service_state WHERE service = of_service)
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM gateway.known_place(at_place);
END $$;

CREATE OR REPLACE FUNCTION gateway.complete_application() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known gateway.service;
BEGIN
    SELECT * INTO known FROM gateway.service WHERE service = NEW.service;
    NEW.state := coalesce(NEW.state, known.start_state);
    PERFORM FROM gateway.service_state WHERE service = NEW.service AND state = NEW.state
        AND (NEW.place IS NULL OR EXISTS (SELECT FROM gateway.place WHERE place = NEW.place));
    IF NOT FOUND THEN
        PERFORM gateway.refuse_application(NEW.service, NEW.state, NEW.place);
    END IF;
    IF NEW.directorate IS NULL THEN
        NEW.directorate := coalesce(
            (SELECT directorate FROM gateway.service_route WHERE service = NEW.service AND place = NEW.place),
            known.directorate);
    END IF;
    IF NEW.reference IS NULL THEN
        NEW.reference := gateway.new_reference();
    ELSIF NEW.reference ~ '^[2-9][0-9]{7}$' AND gateway.check_digit(NEW.reference) <> '0' THEN
        RAISE EXCEPTION 'reference % has a wrong check digit; leave it out and the database gives one', NEW.reference
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.created_at := coalesce(NEW.created_at, clock_timestamp());
    NEW.updated_at := NEW.created_at;
    NEW.state_since := NEW.created_at;
    NEW.came_from := NULL;
    NEW.version := 1;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION gateway.guard_application() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- The look-up is kept out of the condition above it, which would run as a query for every row.
    IF pg_catalog.current_setting('gateway.rekey', true) OPERATOR(pg_catalog.=) 'on' THEN
        IF session_user OPERATOR(pg_catalog.=) (
            SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c
            WHERE c.oid OPERATOR(pg_catalog.=) TG_RELID) THEN
            PERFORM gateway.guard_rekey(OLD, NEW);
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.reference OPERATOR(pg_catalog.<>) OLD.reference OR NEW.service OPERATOR(pg_catalog.<>) OLD.service THEN
        RAISE EXCEPTION 'the reference and the service of an application do not change (%, %)',
            OLD.reference, OLD.service USING ERRCODE = 'check_violation';
    END IF;
    NEW.version := OLD.version OPERATOR(pg_catalog.+) 1;
    IF NEW.updated_at OPERATOR(pg_catalog.=) OLD.updated_at THEN
        NEW.updated_at := pg_catalog.clock_timestamp();
    END IF;
    IF NEW.state OPERATOR(pg_catalog.<>) OLD.state THEN
        NEW.came_from := OLD.state;
        NEW.state_since := NEW.updated_at;
    ELSE
        NEW.came_from := OLD.came_from;
        NEW.state_since := OLD.state_since;
    END IF;
    RETURN NEW;
END $$;

-- Called from the captures alone: as their owner, and with their search_path.
CREATE OR REPLACE FUNCTION gateway.take_act() RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    act text := current_setting('gateway.act', true);
    why text := nullif(current_setting('gateway.reason', true), '');
    used text;
BEGIN
    IF act <> '' AND session_user = current_user THEN
        used := set_config('gateway.act', '', true);
        RETURN jsonb_build_object('reason', coalesce(why, act::jsonb #>> '{details,reason}')) || act::jsonb;
    END IF;
    RETURN jsonb_build_object('kind', 'database', 'actor', session_user, 'reason', why);
END $$;

-- The salt of an event that says something: from one strong seed a statement, for one drawn for each row costs as much
-- as all the rest of it.
CREATE OR REPLACE FUNCTION gateway.row_salt(seed bytea, reference char(8)) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN substr(sha256(seed || convert_to(reference, 'UTF8')), 1, 16);

-- In both captures OFFSET 0 keeps a subquery apart: what it computes is computed once a row. What the act says is read
-- once a statement. No compiler: the statement is short, however dear its plan looks.
-- A citizen's submission brings its message along (store/submissions.py): its act says `announced`, and the event is born
-- relayed, instead of being written twice and of waking the relay for nothing.
CREATE OR REPLACE FUNCTION gateway.capture_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    act CONSTANT jsonb := gateway.take_act();
    done CONSTANT text := coalesce(act ->> 'action', 'submit');
    kind CONSTANT text := act ->> 'kind';
    who CONSTANT text := act ->> 'actor';
    why CONSTANT text := act ->> 'reason';
    told CONSTANT jsonb := act -> 'details';
    moment CONSTANT timestamptz := act ->> 'at';
    salted CONSTANT boolean := kind = 'citizen' OR why IS NOT NULL;
    announced CONSTANT timestamptz := CASE WHEN act ? 'announced' THEN moment END;
    seed CONSTANT bytea := uuid_send(gen_random_uuid());
BEGIN
    INSERT INTO gateway.event (reference, service, to_state, action, actor_kind, actor, reason, details, version, at,
                               relayed_at, salt, payload, hash)
    SELECT e.reference, e.service, e.state, done, kind, who, why, e.details, e.version, e.at, announced, e.salt,
           e.payload,
           gateway.event_hash(
               (SELECT p.hash FROM gateway.event p WHERE p.reference = e.reference ORDER BY p.id DESC LIMIT 1),
               e.payload, e.reference, e.service, NULL, e.state, done, kind, who, e.version, e.at)
    FROM (SELECT d.*, gateway.event_payload(d.salt, kind, who, why, d.details, NULL, NULL) AS payload
          FROM (SELECT n.reference, n.service, n.state, n.version, coalesce(told, n.details) AS details,
                       coalesce(moment, clock_timestamp()) AS at,
                       CASE WHEN salted OR coalesce(told, n.details) <> '{}'
                            THEN gateway.row_salt(seed, n.reference) END AS salt
                FROM entered n OFFSET 0) d OFFSET 0) e;
    IF FOUND AND announced IS NULL THEN
        NOTIFY gateway_events;
    END IF;
    RETURN NULL;
END $$;

-- {name: value} of the columns that differ from the other row's, else NULL; of place and phone among them.
CREATE OR REPLACE FUNCTION gateway.columns(
    phone text, place text, language text, directorate text, due_at timestamptz, other_phone text, other_place text,
    other_language text, other_directorate text, other_due_at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN (phone, place, language, directorate, due_at)
                IS DISTINCT FROM (other_phone, other_place, other_language, other_directorate, other_due_at)
            THEN gateway.kept('phone', phone, other_phone) || gateway.kept('place', place, other_place)
                || gateway.kept('language', language, other_language)
                || gateway.kept('directorate', directorate, other_directorate)
                || gateway.kept('due_at', due_at, other_due_at) END;

-- || of NULL is NULL, and costs nothing: mostly there is one part.
CREATE OR REPLACE FUNCTION gateway.joined(one jsonb, more jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(one || more, one, more);

-- Of several moves between two states, the one that this case has. Seldom asked: mostly there is one for all.
CREATE OR REPLACE FUNCTION gateway.action_of(
    of_service text, of_case char(8), in_state text, wanted text, answers jsonb) RETURNS text
LANGUAGE sql VOLATILE AS $$
    SELECT min(m.action) FROM gateway.service_move m
    WHERE m.service = of_service AND m.from_state = in_state AND m.to_state = wanted
        AND (m.only_if IS NULL
             OR gateway.move_is_open(m.only_if, of_service, of_case, in_state, answers, m.action, NULL))
$$;

-- An event a row whose state or content changed, and for every row of an act that the gateway poses. due_at alone is no
-- change of the case. Plans are kept from the first call, mostly of one row, and must still suit 10,000: of the ways to
-- join the two sets, a hash alone is never far off.
CREATE OR REPLACE FUNCTION gateway.capture_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
    SET plan_cache_mode = force_generic_plan
    SET enable_nestloop = off SET enable_mergejoin = off AS $$
DECLARE
    act CONSTANT jsonb := gateway.take_act();
    done CONSTANT text := act ->> 'action';
    posed CONSTANT boolean := act ? 'action';
    kind CONSTANT text := act ->> 'kind';
    who CONSTANT text := act ->> 'actor';
    why CONSTANT text := act ->> 'reason';
    told CONSTANT jsonb := act -> 'details';
    moment CONSTANT timestamptz := act ->> 'at';
    salted CONSTANT boolean := kind = 'citizen' OR why IS NOT NULL OR coalesce(told <> '{}', false);
    seed CONSTANT bytea := uuid_send(gen_random_uuid());
BEGIN
    INSERT INTO gateway.event (reference, service, from_state, to_state, action, actor_kind, actor, reason, details,
                               before, after, version, at, salt, payload, hash)
    SELECT e.reference, e.service, e.from_state, e.to_state, e.action, kind, who, why, e.details, e.before, e.after,
           e.version, e.at, e.salt, e.payload,
           gateway.event_hash(
               (SELECT p.hash FROM gateway.event p WHERE p.reference = e.reference ORDER BY p.id DESC LIMIT 1),
               e.payload, e.reference, e.service, e.from_state, e.to_state, e.action, kind, who, e.version, e.at)
    FROM (SELECT d.*, gateway.event_payload(d.salt, kind, who, why, d.details, d.before, d.after) AS payload
          FROM (SELECT c.reference, c.service, c.from_state, c.to_state, c.action, c.version, c.at,
                       coalesce(told, c.details1 -> 'details', '{}') AS details,
                       gateway.joined(c.columns0, gateway.joined(c.answers0, c.details0)) AS before,
                       gateway.joined(c.columns1, gateway.joined(c.answers1, c.details1)) AS after,
                       CASE WHEN salted OR num_nonnulls(c.columns1, c.answers1, c.details1) > 0
                            THEN gateway.row_salt(seed, c.reference) END AS salt
                FROM (SELECT b.reference, b.service, b.from_state, b.to_state, b.version,
                             coalesce(moment, clock_timestamp()) AS at,
                             CASE WHEN b.from_state = b.to_state THEN done ELSE coalesce(
                                 (SELECT CASE WHEN posed OR min(m.action) = max(m.action)
                                              THEN coalesce(done, min(m.action))
                                              ELSE coalesce(gateway.action_of(b.service, b.reference, b.from_state,
                                                                              b.to_state, b.answers1),
                                                            min(m.action)) END
                                  FROM gateway.service_move m
                                  WHERE m.service = b.service AND m.from_state = b.from_state
                                      AND m.to_state = b.to_state
                                  HAVING count(*) > 0),
                                 (SELECT coalesce(done, min(m.action)) FROM gateway.service_move m
                                  WHERE m.service = b.service AND m.from_state = b.from_state AND m.to_state = '*'
                                      AND b.to_state = b.came_from
                                  HAVING count(*) > 0),
                                 gateway.refuse_move(b.service, b.from_state, b.to_state, b.came_from)) END AS action,
                             b.columns0, b.columns1,
                             CASE WHEN b.answers0 <> b.answers1 THEN jsonb_build_object('answers', (
                                 SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}')
                                 FROM jsonb_each(b.answers0) k
                                 WHERE k.value IS DISTINCT FROM b.answers1 -> k.key)) END AS answers0,
                             CASE WHEN b.answers0 <> b.answers1 THEN jsonb_build_object('answers', (
                                 SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}')
                                 FROM jsonb_each(b.answers1) k
                                 WHERE k.value IS DISTINCT FROM b.answers0 -> k.key)) END AS answers1,
                             CASE WHEN b.details0 <> b.details1 THEN jsonb_build_object('details', (
                                 SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}')
                                 FROM jsonb_each(b.details0) k
                                 WHERE k.value IS DISTINCT FROM b.details1 -> k.key)) END AS details0,
                             CASE WHEN b.details0 <> b.details1 THEN jsonb_build_object('details', (
                                 SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}')
                                 FROM jsonb_each(b.details1) k
                                 WHERE k.value IS DISTINCT FROM b.details0 -> k.key)) END AS details1
                      FROM (SELECT n.reference, n.service, o.state AS from_state, n.state AS to_state, o.came_from,
                                   n.version, o.answers AS answers0, n.answers AS answers1, o.details AS details0,
                                   n.details AS details1,
                                   gateway.columns(o.phone, o.place, o.language, o.directorate, o.due_at,
                                                   n.phone, n.place, n.language, n.directorate, n.due_at) AS columns0,
                                   gateway.columns(n.phone, CASE WHEN n.place <> o.place OR o.place IS NULL
                                                                 THEN gateway.known_place(n.place) ELSE n.place END,
                                                   n.language, n.directorate, n.due_at,
                                                   o.phone, o.place, o.language, o.directorate, o.due_at) AS columns1
                            FROM was o
                            JOIN became n USING (reference)
                            WHERE n.state <> o.state OR posed OR (n.version <> o.version
                                AND (o.phone, o.place, o.language, o.directorate, o.answers, o.details)
                                    IS DISTINCT FROM
                                    (n.phone, n.place, n.language, n.directorate, n.answers, n.details))
                            OFFSET 0) b OFFSET 0) c OFFSET 0) d OFFSET 0) e;
    IF FOUND THEN
        NOTIFY gateway_events;
    END IF;
    RETURN NULL;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA gateway FROM PUBLIC;
