-- The history: what happened to each case, only ever added to. Each event carries a hash over itself and over the hash
-- of the case's event before it, so that whoever changes or removes one breaks every later one (docs/adr/0008).

CREATE TABLE gateway.event (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference  char(8)     NOT NULL,
    service    text        NOT NULL,
    from_state text,
    to_state   text        NOT NULL,
    action     text,
    actor_kind text        NOT NULL CHECK (actor_kind IN ('officer', 'citizen', 'system', 'database')),
    actor      text,
    reason     text,
    details    jsonb       NOT NULL DEFAULT '{}',
    -- What else the change touched, column by column; of answers and details only the keys that differ.
    before     jsonb,
    after      jsonb,
    version    integer     NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- `payload` is a digest of what may be personal, empty where nothing is; `salt` keeps it from being guessed.
    -- Retention erases the salt and what it covers; the digest stays, and the chain with it.
    salt       bytea,
    payload    bytea       NOT NULL,
    hash       bytea       NOT NULL,
    relayed_at timestamptz
);
CREATE INDEX event_by_case ON gateway.event (reference, id);
CREATE INDEX event_to_relay ON gateway.event (id) WHERE relayed_at IS NULL;
CREATE INDEX event_by_time ON gateway.event USING brin (at);

CREATE FUNCTION gateway.event_payload(
    salt bytea, actor_kind text, actor text, reason text, details jsonb, before jsonb, after jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN salt IS NULL THEN ''::bytea ELSE sha256(convert_to(jsonb_build_array(
    encode(salt, 'hex'), CASE actor_kind WHEN 'citizen' THEN actor END, reason, details, before, after)::text,
    'UTF8')) END;

-- Binary forms of time and number: the text of a time depends on the session. 1F: the unit separator.
CREATE FUNCTION gateway.event_hash(
    previous bytea, payload bytea, reference char(8), service text, from_state text, to_state text, action text,
    actor_kind text, actor text, version integer, at timestamptz) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(coalesce(previous, '') || payload || timestamptz_send(at) || int4send(version) || convert_to(
    concat_ws(E'\x1F', reference, service, coalesce(from_state, ''), to_state, coalesce(action, ''), actor_kind,
              quote_nullable(CASE WHEN actor_kind <> 'citizen' THEN actor END)), 'UTF8'));

-- An event that comes without its hash is linked here; the capture links many at once by itself.
CREATE FUNCTION gateway.link_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.actor_kind = 'citizen' OR NEW.details <> '{}' OR num_nonnulls(NEW.reason, NEW.before, NEW.after) > 0 THEN
        NEW.salt := uuid_send(gen_random_uuid());
    END IF;
    NEW.payload := gateway.event_payload(
        NEW.salt, NEW.actor_kind, NEW.actor, NEW.reason, NEW.details, NEW.before, NEW.after);
    NEW.hash := gateway.event_hash(
        (SELECT e.hash FROM gateway.event e WHERE e.reference = NEW.reference ORDER BY e.id DESC LIMIT 1),
        NEW.payload, NEW.reference, NEW.service, NEW.from_state, NEW.to_state, NEW.action, NEW.actor_kind, NEW.actor,
        NEW.version, NEW.at);
    RETURN NEW;
END $$;

CREATE FUNCTION gateway.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% is only added to; % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Erased whole or not at all: a payload that says something else than it did is no erasure.
CREATE FUNCTION gateway.only_erased() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF num_nonnulls(NEW.salt, NEW.reason, NEW.before, NEW.after) > 0 OR NEW.details <> '{}'
        OR NEW.actor IS DISTINCT FROM (CASE WHEN OLD.actor_kind <> 'citizen' THEN OLD.actor END) THEN
        RAISE EXCEPTION 'event %: what it says may be erased whole, and not changed', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER link BEFORE INSERT ON gateway.event
    FOR EACH ROW WHEN (NEW.hash IS NULL) EXECUTE FUNCTION gateway.link_event();
CREATE TRIGGER append_only BEFORE UPDATE OF id, reference, service, from_state, to_state, action, actor_kind, version, at,
    payload, hash OR DELETE OR TRUNCATE ON gateway.event
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.refuse_change();
CREATE TRIGGER erased BEFORE UPDATE OF actor, reason, details, before, after, salt ON gateway.event
    FOR EACH ROW EXECUTE FUNCTION gateway.only_erased();

-- One hash over the hashes of all events up to `up_to`, and over the anchor before: what no case's own chain can show,
-- a case whose events are all gone, or whose last ones are.
CREATE TABLE gateway.anchor (
    id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    up_to  bigint      NOT NULL UNIQUE,
    events bigint      NOT NULL,
    hash   bytea       NOT NULL,
    at     timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gateway.anchor
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.refuse_change();
