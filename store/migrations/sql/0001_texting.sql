-- What SMS needs on both sides: forms that are filled by text, questions of ours that wait for a yes, what citizens do
-- not want to be told, senders that are kept quiet, and what it all costs.

-- Where the form that a phone fills by SMS stands. Its answers are mirrored in gateway.draft, so that USSD goes on.
CREATE TABLE gateway.dialogue (
    phone    text        PRIMARY KEY,
    origin   text        NOT NULL,
    state    jsonb       NOT NULL CHECK (jsonb_typeof(state) = 'object'),
    asked_at timestamptz NOT NULL
);

-- The one thing that we asked a phone to confirm, until it is answered, another is asked, or it is too old.
CREATE TABLE gateway.asked (
    phone     text        PRIMARY KEY,
    kind      text        NOT NULL CHECK (kind IN ('withdraw', 'meant', 'owner', 'drop', 'subject')),
    reference char(8),
    value     text,
    at        timestamptz NOT NULL
);

CREATE TABLE gateway.muted_case (
    phone     text        NOT NULL,
    reference char(8)     NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (phone, reference)
);

-- Senders that are not answered, and why; people see and release them. `until` NULL: until somebody does.
CREATE TABLE gateway.quarantine (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone       text        NOT NULL,
    reason      text        NOT NULL CHECK (reason IN
        ('no phone', 'our own number', 'automatic', 'echo', 'repeats', 'flood', 'references')),
    messages    integer     NOT NULL DEFAULT 1,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    until       timestamptz,
    released_at timestamptz,
    released_by text
);
CREATE UNIQUE INDEX quarantine_open ON gateway.quarantine (phone, reason) WHERE released_at IS NULL;
CREATE INDEX quarantine_by_phone ON gateway.quarantine (phone, released_at);

-- A provider that refuses a phone because its owner opted out there speaks for the owner.
CREATE FUNCTION gateway.learn_opt_out() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO gateway.person AS p (phone, stopped_at, stopped_by, created_at, updated_at)
    SELECT m.phone, NEW.at, 'provider', NEW.at, NEW.at FROM gateway.message m WHERE m.id = NEW.message_id
    ON CONFLICT (phone) DO UPDATE SET
        stopped_at = coalesce(p.stopped_at, excluded.stopped_at), stopped_by = 'provider', news_at = NULL;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION gateway.learn_opt_out FROM PUBLIC;
CREATE TRIGGER learn_opt_out AFTER INSERT ON gateway.attempt
    FOR EACH ROW WHEN (NEW.code = 'UserInBlacklist') EXECUTE FUNCTION gateway.learn_opt_out();

-- What SMS cost: every attempt that a provider took is paid for. The price is what the provider said.
CREATE VIEW gateway.sms_ledger AS
    SELECT date_trunc('month', t.at AT TIME ZONE 'Asia/Baghdad')::date AS month,
           coalesce(a.directorate, '') AS directorate, coalesce(a.service, '') AS service,
           coalesce(substring(t.cost FROM '^([A-Z]{3}) '), '') AS currency,
           count(*) AS messages, sum(t.parts) AS parts,
           coalesce(sum(substring(t.cost FROM '^[A-Z]{3} ([0-9]+(?:\.[0-9]+)?)$')::numeric), 0) AS price,
           count(*) FILTER (WHERE t.parts > 1) AS long_messages
    FROM gateway.attempt t
    JOIN gateway.message m ON m.id = t.message_id
    LEFT JOIN public.application a ON a.reference = m.reference
    WHERE t.outcome = 'sent'
    GROUP BY 1, 2, 3, 4;
