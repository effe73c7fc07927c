-- Moves that not every case has: by its answers, by the state that it came from, so often, so long. The API reads the
-- same from the content (menus/workflow.py); here it holds for every other writer.

-- Writers take the shared table first and this one after it: in the other order we would lock each other out.
LOCK TABLE public.application IN SHARE ROW EXCLUSIVE MODE;

-- NULL: any case. Else a list of ways to have it, each {"when": {field: [values]}, "came_from": [states], "within": days,
-- "max": times}, of which one must hold whole.
ALTER TABLE gateway.service_move ADD COLUMN IF NOT EXISTS only_if jsonb;

-- The functions that run once a row carry no SET, which costs more than what they do: they are called from those that
-- have it.

-- How a case came into a state, questions in between left out (handlers/arrivals.py); no row where nobody knows.
CREATE OR REPLACE FUNCTION gateway.arrival(
    of_service text, of_case char(8), in_state text, OUT came_from text, OUT at timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT e.from_state, e.at INTO came_from, at FROM gateway.event e
    WHERE e.reference = of_case AND e.to_state = in_state AND e.from_state IS DISTINCT FROM in_state
        AND NOT EXISTS (SELECT FROM gateway.service_move m
                        WHERE m.service = of_service AND m.from_state = e.from_state AND m.to_state = '*')
    ORDER BY e.id DESC LIMIT 1;
END $$;

-- Whether a case has this move by what it is: its answers and where it came from. What is not known fits.
CREATE OR REPLACE FUNCTION gateway.move_fits(
    way jsonb, of_service text, of_case char(8), in_state text, answers jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    field text;
    before text;
BEGIN
    FOR field IN SELECT jsonb_object_keys(way -> 'when') LOOP
        IF answers ? field AND NOT way -> 'when' -> field @> (answers -> field) THEN
            RETURN false;
        END IF;
    END LOOP;
    IF way ? 'came_from' THEN
        before := (gateway.arrival(of_service, of_case, in_state)).came_from;
        RETURN before IS NULL OR way -> 'came_from' ? before;
    END IF;
    RETURN true;
END $$;

-- The same, and not made too often or too late. What the gateway itself does it has judged by its own time. Days are
-- those of the governorate (config/calendar.yaml).
CREATE OR REPLACE FUNCTION gateway.move_is_open(
    only_if jsonb, of_service text, of_case char(8), in_state text, answers jsonb, of_action text, act jsonb)
RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    way jsonb;
    since timestamptz;
    made bigint;
BEGIN
    IF act ->> 'action' <> of_action THEN
        RETURN false;
    END IF;
    FOR way IN SELECT jsonb_array_elements(only_if) LOOP
        CONTINUE WHEN NOT gateway.move_fits(way, of_service, of_case, in_state, answers);
        IF act ? 'action' OR NOT way ?| ARRAY['max', 'within'] THEN
            RETURN true;
        END IF;
        SELECT count(*) INTO made FROM gateway.event e WHERE e.reference = of_case AND e.action = of_action;
        since := (gateway.arrival(of_service, of_case, in_state)).at;
        IF coalesce(made < (way ->> 'max')::int, true) AND coalesce(
            (clock_timestamp() AT TIME ZONE 'Asia/Baghdad')::date - (since AT TIME ZONE 'Asia/Baghdad')::date
            <= (way ->> 'within')::int, true) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;

-- Says which moves this case has; and of one that it had, that it is over.
CREATE OR REPLACE FUNCTION gateway.refuse_move(
    of_service text, of_case char(8), of_state text, wanted text, back_to text, answers jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    over text;
BEGIN
    SELECT string_agg(DISTINCT m.action || CASE WHEN way ? 'within' THEN ' within ' || (way ->> 'within') || ' days'
                                                ELSE '' END
                      || CASE WHEN way ? 'max' THEN ' ' || (way ->> 'max') || ' times' ELSE '' END, ', ') INTO over
    FROM gateway.service_move m, jsonb_array_elements(m.only_if) way
    WHERE m.service = of_service AND m.from_state = of_state AND way ?| ARRAY['within', 'max']
        AND wanted IN (m.to_state, CASE m.to_state WHEN '*' THEN back_to END)
        AND gateway.move_fits(way, of_service, of_case, of_state, answers);
    RAISE EXCEPTION '%: no move from % to %; moves from %: %', of_service, of_state, wanted, of_state,
        coalesce((
            SELECT string_agg(DISTINCT m.action || ' -> ' || CASE m.to_state WHEN '*' THEN coalesce(back_to, '*')
                                                                             ELSE m.to_state END, ', ')
            FROM gateway.service_move m
            WHERE m.service = of_service AND m.from_state = of_state AND (m.only_if IS NULL OR gateway.move_is_open(
                m.only_if, of_service, of_case, of_state, answers, m.action, NULL))), 'none')
        || coalesce('; possible only: ' || over, '')
        USING ERRCODE = 'check_violation';
END $$;

REVOKE EXECUTE ON FUNCTION gateway.arrival, gateway.move_fits, gateway.move_is_open FROM PUBLIC;

-- The open cases that the governor's follow-up office sees.
CREATE INDEX IF NOT EXISTS clock_level ON gateway.clock (level) WHERE level > 0;

-- Before the capture, by its name. What a statement does is looked at once for each pair of states, row by row only where
-- not every case has the move. The capture checks again that there is such a move at all.
CREATE OR REPLACE FUNCTION gateway.allow_moves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
    SET enable_mergejoin = off AS $$
DECLARE
    act jsonb;
    moved record;
BEGIN
    FOR moved IN
        -- Of a case that did not move this is an older move, which the query below does not find.
        SELECT DISTINCT service, came_from AS old, state AS new FROM became WHERE came_from <> state
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM gateway.service_move m WHERE m.service = moved.service AND m.from_state = moved.old
                AND m.to_state = moved.new AND m.only_if IS NULL);
        IF session_user = current_user THEN
            act := nullif(current_setting('gateway.act', true), '')::jsonb;
        END IF;
        PERFORM gateway.refuse_move(n.service, n.reference, o.state, n.state, o.came_from, n.answers)
        FROM was o JOIN became n USING (reference)
        WHERE n.service = moved.service AND o.state = moved.old AND n.state = moved.new AND NOT EXISTS (
            SELECT FROM gateway.service_move m
            WHERE m.service = n.service AND m.from_state = o.state
                AND n.state IN (m.to_state, CASE m.to_state WHEN '*' THEN o.came_from END)
                AND (m.only_if IS NULL OR gateway.move_is_open(
                    m.only_if, n.service, n.reference, o.state, n.answers, m.action, act)))
        LIMIT 1;
    END LOOP;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION gateway.allow_moves FROM PUBLIC;

CREATE TRIGGER allow_moves AFTER UPDATE ON public.application REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.allow_moves();
ALTER TABLE public.application ENABLE ALWAYS TRIGGER allow_moves;
