-- Every change of state, whoever makes it, becomes one event in the writer's own transaction.

CREATE TABLE gateway.event (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference  char(8)     NOT NULL,
    service    text        NOT NULL,
    from_state text,
    to_state   text        NOT NULL,
    action     text,
    actor_kind text        NOT NULL CHECK (actor_kind IN ('officer', 'citizen', 'system', 'database')),
    actor      text,
    details    jsonb       NOT NULL DEFAULT '{}',
    version    integer     NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    relayed_at timestamptz
);
CREATE INDEX event_by_case ON gateway.event (reference, id);
CREATE INDEX event_to_relay ON gateway.event (id) WHERE relayed_at IS NULL;

-- Who acts, for one statement: {"kind", "actor", "action", "details", "at"}, set in the transaction as gateway.act.
-- Only the owner of these functions (the gateway) is believed; a setting made by any other login is ignored.
CREATE FUNCTION gateway.take_act() RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act text := current_setting('gateway.act', true);
BEGIN
    IF session_user = current_user AND act <> '' THEN
        PERFORM set_config('gateway.act', '', true);
        RETURN act::jsonb;
    END IF;
    RETURN jsonb_build_object('kind', 'database', 'actor', session_user);
END $$;

CREATE FUNCTION gateway.capture_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act jsonb := gateway.take_act();
BEGIN
    INSERT INTO gateway.event (reference, service, to_state, action, actor_kind, actor, details, version, at)
    SELECT reference, service, state, coalesce(act ->> 'action', 'submit'), act ->> 'kind', act ->> 'actor',
           coalesce(act -> 'details', details), version, coalesce((act ->> 'at')::timestamptz, clock_timestamp())
    FROM entered;
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

-- enable_nestloop off: the plan is kept from the first call, mostly of one row, and must still suit 10,000 rows.
CREATE FUNCTION gateway.capture_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
DECLARE
    act jsonb := gateway.take_act();
BEGIN
    INSERT INTO gateway.event
        (reference, service, from_state, to_state, action, actor_kind, actor, details, version, at)
    SELECT n.reference, n.service, o.state, n.state,
           coalesce(
               (SELECT coalesce(act ->> 'action', min(m.action)) FROM gateway.service_move m
                WHERE m.service = n.service AND m.from_state = o.state AND m.to_state = n.state HAVING count(*) > 0),
               (SELECT coalesce(act ->> 'action', min(m.action)) FROM gateway.service_move m
                WHERE m.service = n.service AND m.from_state = o.state AND m.to_state = '*' AND n.state = o.came_from
                HAVING count(*) > 0),
               gateway.refuse_move(n.service, o.state, n.state, o.came_from)),
           act ->> 'kind', act ->> 'actor',
           coalesce(act -> 'details', CASE WHEN n.details <> o.details THEN n.details ELSE '{}' END),
           n.version, coalesce((act ->> 'at')::timestamptz, clock_timestamp())
    FROM was o
    JOIN became n USING (reference)
    WHERE n.state <> o.state;
    IF FOUND THEN
        PERFORM pg_notify('gateway_events', '');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER capture_insert AFTER INSERT ON public.application REFERENCING NEW TABLE AS entered
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.capture_insert();

-- No column list: PostgreSQL allows none beside transition tables, so the function compares the states itself.
CREATE TRIGGER capture_update AFTER UPDATE ON public.application REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.capture_update();

ALTER TABLE public.application ENABLE ALWAYS TRIGGER capture_insert, ENABLE ALWAYS TRIGGER capture_update;
