-- Messages to citizens, what providers said about them, and what citizens sent.

CREATE TABLE gateway.message (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id        bigint,
    inbound_id      bigint,
    reference       char(8),
    phone           text        NOT NULL,
    language        text        NOT NULL,
    kind            text        NOT NULL,
    text            text        NOT NULL,
    parts           integer     NOT NULL CHECK (parts >= 0),
    priority        smallint    NOT NULL CHECK (priority BETWEEN 0 AND 2),
    state           text        NOT NULL DEFAULT 'queued' CHECK (state IN
        ('queued', 'claimed', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unsure', 'muted')),
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_until     timestamptz,
    provider        text,
    provider_id     text,
    error           text,
    cost            text,
    resends         integer     NOT NULL DEFAULT 0,
    held            text,
    created_at      timestamptz NOT NULL,
    tried_at        timestamptz,
    sent_at         timestamptz,
    closed_at       timestamptz,
    -- Messages of one lane leave one at a time and in order: the case's, else the phone's.
    lane            text        NOT NULL GENERATED ALWAYS AS (coalesce(reference::text, phone)) STORED
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
-- Partial: a broadcast has none of these, and every change of state writes each index that holds its row again.
CREATE UNIQUE INDEX message_event_id_key ON gateway.message (event_id) WHERE event_id IS NOT NULL;
CREATE UNIQUE INDEX message_inbound_id_key ON gateway.message (inbound_id) WHERE inbound_id IS NOT NULL;
CREATE UNIQUE INDEX message_provider_id_key ON gateway.message (provider, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX message_by_case ON gateway.message (reference, id) WHERE reference IS NOT NULL;
-- By time within a priority: what is not due yet, such as a night's notices, is never looked at.
CREATE INDEX message_queue ON gateway.message (priority, next_attempt_at, id) WHERE state = 'queued';
CREATE INDEX message_lane ON gateway.message (lane, (state = 'queued'), priority, id)
    WHERE state IN ('queued', 'claimed', 'sending');
CREATE INDEX message_lease ON gateway.message (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX message_unsure ON gateway.message (id) WHERE state = 'unsure';
CREATE INDEX message_unsure_phone ON gateway.message (phone, provider) WHERE state = 'unsure';

-- The queued message that may go next in each lane: nothing of the lane is under way, and none is before it.
-- An answer (priority 0) does not wait behind a notice that quiet hours hold.
CREATE VIEW gateway.next_in_lane AS
    SELECT m.id, m.priority, m.next_attempt_at
    FROM gateway.message m
    WHERE m.state = 'queued' AND m.id = (
        SELECT e.id FROM gateway.message e
        WHERE e.lane = m.lane AND e.state IN ('queued', 'claimed', 'sending')
        ORDER BY (e.state = 'queued'), e.priority, e.id LIMIT 1);

CREATE FUNCTION gateway.announce_messages() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('gateway_messages', '');
    RETURN NULL;
END $$;

CREATE TRIGGER announce AFTER INSERT ON gateway.message
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.announce_messages();

-- Without a foreign key: messages are never deleted, and checking it would be half of the cost of settling one.
CREATE TABLE gateway.attempt (
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    message_id bigint      NOT NULL,
    provider   text        NOT NULL,
    at         timestamptz NOT NULL,
    outcome    text        NOT NULL CHECK (outcome IN ('sent', 'retry', 'failed', 'unsure', 'hold')),
    provider_id text,
    code       text,
    detail     text,
    parts      integer     NOT NULL DEFAULT 0,
    cost       text,
    latency_ms integer,
    PRIMARY KEY (message_id, id)
);

-- A message that was sent again: by a policy, or by a person who says why.
CREATE TABLE gateway.resend (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id bigint      NOT NULL REFERENCES gateway.message ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    was        text        NOT NULL,
    by         text        NOT NULL,
    reason     text        NOT NULL
);
CREATE INDEX resend_by_message ON gateway.resend (message_id, id);

-- How many parts each sender of a provider may still send: a bucket that fills with time, shared by all workers.
CREATE TABLE gateway.pace (
    provider text             NOT NULL,
    sender   text             NOT NULL,
    tokens   double precision NOT NULL,
    at       timestamptz      NOT NULL,
    PRIMARY KEY (provider, sender)
);

CREATE TABLE gateway.delivery_report (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider    text        NOT NULL,
    provider_id text        NOT NULL,
    phone       text,
    status      text        NOT NULL,
    reason      text,
    final       text        CHECK (final IN ('delivered', 'undelivered')),
    received_at timestamptz NOT NULL,
    applied_at  timestamptz
);
CREATE INDEX delivery_report_by_message ON gateway.delivery_report (provider, provider_id, id);
CREATE INDEX delivery_report_parked ON gateway.delivery_report (received_at) WHERE applied_at IS NULL;

CREATE TABLE gateway.inbound (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider    text        NOT NULL,
    provider_id text        NOT NULL,
    phone       text        NOT NULL,
    sent_to     text        NOT NULL,
    text        text        NOT NULL,
    received_at timestamptz NOT NULL,
    handled_at  timestamptz,
    failures    integer     NOT NULL DEFAULT 0,
    intent      text,
    UNIQUE (provider, provider_id)
);
CREATE INDEX inbound_unhandled ON gateway.inbound (received_at) WHERE handled_at IS NULL;
