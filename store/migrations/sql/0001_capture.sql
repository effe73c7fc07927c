-- Every change of an application, whoever makes it, becomes one event in the writer's own transaction.

-- Who acts, for one statement: {"kind", "actor", "action", "reason", "details", "at"}, set in the transaction as
-- gateway.act. Only the owner of these functions (the gateway) is believed; a setting made by any other login is
-- ignored. gateway.reason is anybody's to set: why, in words.
CREATE FUNCTION gateway.take_act() RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act text := current_setting('gateway.act', true);
    why text := nullif(current_setting('gateway.reason', true), '');
BEGIN
    IF session_user = current_user AND act <> '' THEN
        PERFORM set_config('gateway.act', '', true);
        RETURN jsonb_build_object('reason', coalesce(why, act::jsonb #>> '{details,reason}')) || act::jsonb;
    END IF;
    RETURN jsonb_build_object('kind', 'database', 'actor', session_user, 'reason', why);
END $$;

CREATE FUNCTION gateway.event_salt(
    seed bytea, reference char(8), kind text, reason text, details jsonb, before jsonb, after jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN kind = 'citizen' OR details <> '{}' OR num_nonnulls(reason, before, after) > 0
            THEN substr(sha256(seed || convert_to(reference, 'UTF8')), 1, 16) END;

-- A sealed value stays where it is: the history would keep it from new keys and from being erased.
CREATE FUNCTION gateway.shown(value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value ? 'enc' AND jsonb_typeof(value) = 'object' THEN '"sealed"'::jsonb ELSE value END;

-- A column of a row that differs from the other row's: {name: value}, else {}.
CREATE FUNCTION gateway.kept(name text, mine anyelement, other anyelement) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN mine IS DISTINCT FROM other THEN pg_catalog.jsonb_build_object(name, mine) ELSE '{}' END $$;

-- In both captures OFFSET 0 keeps a subquery apart: what it computes is computed once a row. The salts of a statement
-- come from one strong seed, for a fresh one costs as much as all the rest of a row.
CREATE FUNCTION gateway.capture_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act jsonb := gateway.take_act();
    seed bytea := uuid_send(gen_random_uuid());
BEGIN
    INSERT INTO gateway.event (reference, service, to_state, action, actor_kind, actor, reason, details, version, at,
                               salt, payload, hash)
    SELECT e.reference, e.service, e.state, e.action, e.kind, e.actor, e.reason, e.details, e.version, e.at, e.salt,
           e.payload,
           gateway.event_hash(
               (SELECT p.hash FROM gateway.event p WHERE p.reference = e.reference ORDER BY p.id DESC LIMIT 1),
               e.payload, e.reference, e.service, NULL, e.state, e.action, e.kind, e.actor, e.version, e.at)
    FROM (SELECT d.*, gateway.event_payload(d.salt, d.kind, d.actor, d.reason, d.details, NULL, NULL) AS payload
          FROM (SELECT c.*, gateway.event_salt(seed, c.reference, c.kind, c.reason, c.details, NULL, NULL) AS salt
                FROM (SELECT reference, service, state, version, coalesce(act ->> 'action', 'submit') AS action,
                             act ->> 'kind' AS kind, act ->> 'actor' AS actor, act ->> 'reason' AS reason,
                             coalesce(act -> 'details', details) AS details,
                             coalesce((act ->> 'at')::timestamptz, clock_timestamp()) AS at
                      FROM entered OFFSET 0) c OFFSET 0) d OFFSET 0) e;
    IF FOUND THEN
        PERFORM pg_notify('gateway_events', '');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION gateway.refuse_move(of_service text, of_state text, wanted text, back_to text) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%: no move from % to %; moves from %: %', of_service, of_state, wanted, of_state,
        coalesce((
            SELECT string_agg(action || ' -> ' || CASE to_state WHEN '*' THEN coalesce(back_to, '*') ELSE to_state END,
                              ', ' ORDER BY action, to_state)
            FROM gateway.service_move WHERE service = of_service AND from_state = of_state), 'none')
        USING ERRCODE = 'check_violation';
END $$;

-- An event a row whose state or content changed, and for every row of an act that the gateway poses. due_at alone is no
-- change of the case. enable_nestloop off: the plan is kept from the first call, mostly of one row, and must still suit
-- 10,000 rows.
CREATE FUNCTION gateway.capture_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
DECLARE
    act jsonb := gateway.take_act();
    seed bytea := uuid_send(gen_random_uuid());
BEGIN
    INSERT INTO gateway.event
        (reference, service, from_state, to_state, action, actor_kind, actor, reason, details, before, after, version,
         at, salt, payload, hash)
    SELECT e.reference, e.service, e.from_state, e.to_state, e.action, e.kind, e.actor, e.reason, e.details, e.before,
           e.after, e.version, e.at, e.salt, e.payload,
           gateway.event_hash(
               (SELECT p.hash FROM gateway.event p WHERE p.reference = e.reference ORDER BY p.id DESC LIMIT 1),
               e.payload, e.reference, e.service, e.from_state, e.to_state, e.action, e.kind, e.actor, e.version, e.at)
    FROM (SELECT d.*, gateway.event_payload(d.salt, d.kind, d.actor, d.reason, d.details, d.before, d.after) AS payload
          FROM (SELECT c.*, gateway.event_salt(seed, c.reference, c.kind, c.reason, c.details, c.before, c.after) AS salt
                FROM (SELECT b.*, coalesce(act -> 'details', b.after -> 'details', '{}') AS details
                FROM (SELECT n.reference, n.service, o.state AS from_state, n.state AS to_state,
                             CASE WHEN n.state = o.state THEN act ->> 'action' ELSE coalesce(
                                 (SELECT coalesce(act ->> 'action', min(m.action)) FROM gateway.service_move m
                                  WHERE m.service = n.service AND m.from_state = o.state AND m.to_state = n.state
                                  HAVING count(*) > 0),
                                 (SELECT coalesce(act ->> 'action', min(m.action)) FROM gateway.service_move m
                                  WHERE m.service = n.service AND m.from_state = o.state AND m.to_state = '*'
                                      AND n.state = o.came_from
                                  HAVING count(*) > 0),
                                 gateway.refuse_move(n.service, o.state, n.state, o.came_from)) END AS action,
                             act ->> 'kind' AS kind, act ->> 'actor' AS actor, act ->> 'reason' AS reason,
                             n.version, coalesce((act ->> 'at')::timestamptz, clock_timestamp()) AS at,
                             CASE WHEN x.changed OR n.due_at IS DISTINCT FROM o.due_at THEN
                                 gateway.kept('phone', o.phone, n.phone) || gateway.kept('place', o.place, n.place) || gateway.kept('language', o.language, n.language)
                                 || gateway.kept('directorate', o.directorate, n.directorate) || gateway.kept('due_at', o.due_at, n.due_at)
                                 || CASE WHEN o.answers = n.answers THEN '{}' ELSE jsonb_build_object('answers', (
                                        SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}') FROM jsonb_each(o.answers) k
                                        WHERE k.value IS DISTINCT FROM n.answers -> k.key)) END
                                 || CASE WHEN o.details = n.details THEN '{}' ELSE jsonb_build_object('details', (
                                        SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}') FROM jsonb_each(o.details) k
                                        WHERE k.value IS DISTINCT FROM n.details -> k.key)) END
                             END AS before,
                             CASE WHEN x.changed OR n.due_at IS DISTINCT FROM o.due_at THEN
                                 gateway.kept('phone', n.phone, o.phone) || gateway.kept('place', n.place, o.place) || gateway.kept('language', n.language, o.language)
                                 || gateway.kept('directorate', n.directorate, o.directorate) || gateway.kept('due_at', n.due_at, o.due_at)
                                 || CASE WHEN n.answers = o.answers THEN '{}' ELSE jsonb_build_object('answers', (
                                        SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}') FROM jsonb_each(n.answers) k
                                        WHERE k.value IS DISTINCT FROM o.answers -> k.key)) END
                                 || CASE WHEN n.details = o.details THEN '{}' ELSE jsonb_build_object('details', (
                                        SELECT coalesce(jsonb_object_agg(k.key, gateway.shown(k.value)), '{}') FROM jsonb_each(n.details) k
                                        WHERE k.value IS DISTINCT FROM o.details -> k.key)) END
                             END AS after
                      FROM was o
                      JOIN became n USING (reference),
                      LATERAL (SELECT (o.phone, o.place, o.language, o.directorate, o.answers, o.details)
                               IS DISTINCT FROM (n.phone, n.place, n.language, n.directorate, n.answers, n.details)
                               AS changed) x
                      WHERE n.state <> o.state OR act ? 'action' OR (x.changed AND n.version <> o.version)
                      OFFSET 0) b OFFSET 0) c OFFSET 0) d OFFSET 0) e;
    IF FOUND THEN
        PERFORM pg_notify('gateway_events', '');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER capture_insert AFTER INSERT ON public.application REFERENCING NEW TABLE AS entered
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.capture_insert();

-- No column list: PostgreSQL allows none beside transition tables, so the function compares the rows itself.
CREATE TRIGGER capture_update AFTER UPDATE ON public.application REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.capture_update();

ALTER TABLE public.application ENABLE ALWAYS TRIGGER capture_insert, ENABLE ALWAYS TRIGGER capture_update;
