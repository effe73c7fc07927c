-- Broadcasts: one text for many who asked for news. Written by one officer, approved by another, sent at a pace.

CREATE TABLE gateway.broadcast (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title            text        NOT NULL,
    audience         jsonb       NOT NULL,
    texts            jsonb       NOT NULL,
    urgent           boolean     NOT NULL,
    parts_per_minute integer     NOT NULL CHECK (parts_per_minute > 0),
    directorate      text        NOT NULL,
    author           text        NOT NULL,
    approver         text        CHECK (approver <> author),
    state            text        NOT NULL DEFAULT 'proposed'
        CHECK (state IN ('proposed', 'running', 'paused', 'done', 'cancelled')),
    steps            jsonb       NOT NULL DEFAULT '[]', -- who did what, and when
    paid_until       timestamptz, -- the pace has been used up to this moment
    not_before       timestamptz,
    created_at       timestamptz NOT NULL,
    CHECK (state IN ('proposed', 'cancelled') OR approver IS NOT NULL)
);
CREATE INDEX broadcast_running ON gateway.broadcast (id) WHERE state = 'running';

-- Those meant, as they were when the broadcast was approved; the key is why nobody gets it twice.
CREATE TABLE gateway.broadcast_recipient (
    broadcast_id bigint  NOT NULL REFERENCES gateway.broadcast ON DELETE CASCADE,
    phone        text    NOT NULL,
    state        text    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'queued', 'skipped')),
    message_id   bigint,
    PRIMARY KEY (broadcast_id, phone)
);
CREATE INDEX broadcast_recipient_waiting ON gateway.broadcast_recipient (broadcast_id, phone) WHERE state = 'waiting';
CREATE INDEX broadcast_recipient_message ON gateway.broadcast_recipient (message_id) WHERE message_id IS NOT NULL;
