-- Submissions that wait at the same time are entered together: one statement for the cases, one for all that comes with
-- them, whatever their number. The release before goes on with statements of its own.

-- No question is asked by the due date: what runs out next is in gateway.clock. Without it a due date that moves writes
-- no index at all.
DROP INDEX IF EXISTS public.application_by_due;

-- A reference that is drawn in a statement, as new_reference() draws it, without the call of a function for each. What
-- is drawn may be taken. The planner writes these into the statement that calls them.
CREATE OR REPLACE FUNCTION gateway.draw() RETURNS text
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (2000000 + ('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 8000000)::text;

-- One step of the check digit: its table is that of 0001_application.sql, digits are in ASCII.
CREATE OR REPLACE FUNCTION gateway.check_step(interim int, digit text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN get_byte(
    '0317598642709215486342068713591750983426612304597836742095815869720134894536201794386172052581436790'::bytea,
    interim * 10 + ascii(digit) - 528);

CREATE OR REPLACE FUNCTION gateway.with_check_digit(seven text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN seven || chr(
    gateway.check_step(gateway.check_step(gateway.check_step(gateway.check_step(gateway.check_step(gateway.check_step(
        gateway.check_step(48, substr(seven, 1, 1)), substr(seven, 2, 1)), substr(seven, 3, 1)), substr(seven, 4, 1)),
        substr(seven, 5, 1)), substr(seven, 6, 1)), substr(seven, 7, 1)));

-- As in 0005_capture.sql. A row that says where it belongs needs one look-up, not two.
CREATE OR REPLACE FUNCTION gateway.complete_application() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known gateway.service;
BEGIN
    IF NEW.state IS NULL OR NEW.directorate IS NULL THEN
        SELECT * INTO known FROM gateway.service WHERE service = NEW.service;
        NEW.state := coalesce(NEW.state, known.start_state);
        NEW.directorate := coalesce(NEW.directorate,
            (SELECT directorate FROM gateway.service_route WHERE service = NEW.service AND place = NEW.place),
            known.directorate);
    END IF;
    PERFORM FROM gateway.service_state WHERE service = NEW.service AND state = NEW.state
        AND (NEW.place IS NULL OR EXISTS (SELECT FROM gateway.place WHERE place = NEW.place));
    IF NOT FOUND THEN
        PERFORM gateway.refuse_application(NEW.service, NEW.state, NEW.place);
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

-- As in 0005_capture.sql, and one act may now stand for a statement with many citizens: a citizen's act that names no
-- actor is each row's own. What the act says is read by the statement itself: variables of the function would each be
-- made ready anew in every transaction. A plan that is made while the history is empty is kept when it no longer is, so
-- it must not read the history whole.
CREATE OR REPLACE FUNCTION gateway.capture_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    act CONSTANT jsonb := gateway.take_act();
BEGIN
    INSERT INTO gateway.event (reference, service, to_state, action, actor_kind, actor, reason, details, version, at,
                               relayed_at, salt, payload, hash)
    SELECT e.reference, e.service, e.state, e.done, e.kind, e.who, e.why, e.details, e.version, e.at, e.announced,
           e.salt, e.payload,
           gateway.event_hash(
               (SELECT p.hash FROM gateway.event p WHERE p.reference = e.reference ORDER BY p.id DESC LIMIT 1),
               e.payload, e.reference, e.service, NULL, e.state, e.done, e.kind, e.who, e.version, e.at)
    FROM (SELECT d.*, gateway.event_payload(d.salt, d.kind, d.who, d.why, d.details, NULL, NULL) AS payload
          FROM (SELECT n.reference, n.service, n.state, n.version, s.done, s.kind, s.why, s.announced,
                       coalesce(s.told, n.details) AS details,
                       CASE WHEN s.own THEN n.phone ELSE s.who END AS who,
                       coalesce(s.moment, clock_timestamp()) AS at,
                       CASE WHEN s.kind = 'citizen' OR s.why IS NOT NULL OR coalesce(s.told, n.details) <> '{}'
                            THEN gateway.row_salt(s.seed, n.reference) END AS salt
                FROM (SELECT coalesce(act ->> 'action', 'submit') AS done, act ->> 'kind' AS kind,
                             act ->> 'actor' AS who, act ->> 'kind' = 'citizen' AND NOT act ? 'actor' AS own,
                             act ->> 'reason' AS why, act -> 'details' AS told, (act ->> 'at')::timestamptz AS moment,
                             CASE WHEN act ? 'announced' THEN (act ->> 'at')::timestamptz END AS announced,
                             uuid_send(gen_random_uuid()) AS seed OFFSET 0) s, entered n OFFSET 0) d OFFSET 0) e;
    IF FOUND AND NOT act ? 'announced' THEN
        NOTIFY gateway_events;
    END IF;
    RETURN NULL;
END $$;

-- Profiles as forms leave them, one for a phone: {phone, language, consent, place, card, card_hash} each. Consent keeps
-- its first date and is taken back by false; a place or card that is NULL keeps the old. In order of phone, so that two
-- of these at once wait for each other and never in a ring.
CREATE OR REPLACE FUNCTION gateway.save_profiles(given json, moment timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    INSERT INTO gateway.person AS p (phone, language, consent_at, place, card, card_hash, created_at, updated_at)
    SELECT g.phone, g.language, CASE WHEN g.consent THEN moment END, g.place, g.card, g.card_hash, moment, moment
    FROM json_to_recordset(given) AS g (
        phone text, language text, consent boolean, place text, card text, card_hash text)
    ORDER BY g.phone
    ON CONFLICT (phone) DO UPDATE SET
        language = excluded.language,
        consent_at = CASE WHEN excluded.consent_at IS NOT NULL THEN coalesce(p.consent_at, excluded.consent_at) END,
        place = coalesce(excluded.place, p.place), card = coalesce(excluded.card, p.card),
        card_hash = CASE WHEN excluded.card IS NULL THEN p.card_hash ELSE excluded.card_hash END,
        updated_at = excluded.updated_at;
END $$;

-- Citizens' new cases as `cases` has them, in that order; and of those that are made the message, the clocks and the
-- profile, as `beside` has them. The references that were made: not those whose key or reference was taken.
CREATE OR REPLACE FUNCTION gateway.enter(cases json, beside json, moment timestamptz) RETURNS text[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    act CONSTANT jsonb := jsonb_build_object('kind', 'citizen', 'action', 'submit', 'details', '{}'::jsonb,
                                             'at', moment, 'announced', 'below');
    made text[];
    with_it json := beside;
BEGIN
    PERFORM set_config('gateway.act', act::text, true);
    WITH entered AS (
        INSERT INTO public.application (reference, service, state, phone, place, language, answers, channel,
                                        directorate, submission, created_at, due_at)
        SELECT g.reference, g.service, g.state, g.phone, g.place, g.language, g.answers, g.channel, g.directorate,
               g.submission, moment, g.due_at
        FROM json_to_recordset(cases) AS g (
            reference char(8), service text, state text, phone text, place text, language text, answers jsonb,
            channel text, directorate text, submission text, due_at timestamptz)
        ON CONFLICT DO NOTHING RETURNING reference)
    SELECT array_agg(reference) INTO made FROM entered;
    IF made IS NULL THEN
        RETURN '{}';
    END IF;
    IF cardinality(made) < json_array_length(beside) THEN
        SELECT json_agg(g) INTO with_it FROM json_array_elements(beside) g WHERE g ->> 'reference' = ANY(made);
    END IF;
    WITH given AS MATERIALIZED (
        SELECT * FROM json_to_recordset(with_it) AS g (
            reference char(8), phone text, language text, kind text, text text, parts int, priority smallint,
            muted boolean, not_before timestamptz, held text, version int, rules text, turn text, since timestamptz,
            state_due_at timestamptz, case_due_at timestamptz, used int, level smallint, next_at timestamptz)),
    wound AS (
        INSERT INTO gateway.clock (reference, version, rules, turn, since, state_due_at, case_due_at, used, level,
                                   next_at)
        SELECT reference, version, rules, turn, since, state_due_at, case_due_at, used, level, next_at FROM given
        WHERE rules IS NOT NULL)
    INSERT INTO gateway.message (event_id, reference, phone, language, kind, text, parts, priority, state,
                                 next_attempt_at, created_at, closed_at, held)
    SELECT (SELECT e.id FROM gateway.event e WHERE e.reference = g.reference ORDER BY e.id DESC LIMIT 1), g.reference,
           g.phone, g.language, g.kind, g.text, g.parts, g.priority, CASE WHEN g.muted THEN 'muted' ELSE 'queued' END,
           coalesce(g.not_before, moment), moment, CASE WHEN g.muted THEN moment END, g.held
    FROM given g;
    PERFORM gateway.save_profiles(with_it, moment);
    RETURN made;
END $$;

REVOKE EXECUTE ON FUNCTION gateway.draw, gateway.check_step, gateway.with_check_digit, gateway.save_profiles,
    gateway.enter FROM PUBLIC;
