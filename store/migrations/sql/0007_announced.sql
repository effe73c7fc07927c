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
