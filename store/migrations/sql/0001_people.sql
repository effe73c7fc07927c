-- Citizens, officers, and what makes repeated requests harmless.

CREATE TABLE gateway.person (
    phone            text        PRIMARY KEY CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    language         text        NOT NULL DEFAULT 'ar' CHECK (language IN ('ar', 'en')),
    language_before  text        CHECK (language_before IN ('ar', 'en')),
    language_session text,
    consent_at       timestamptz,
    place            text,
    card             text,
    card_hash        text,
    stopped_at       timestamptz,
    stopped_by       text        CHECK (stopped_by IN ('citizen', 'provider')),
    disowned_at      timestamptz,
    news_at          timestamptz, -- asked for broadcasts: consent to an application is no consent to these
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);

CREATE INDEX person_by_card ON gateway.person (card_hash) WHERE card_hash IS NOT NULL;

CREATE INDEX person_by_news ON gateway.person (phone) WHERE news_at IS NOT NULL AND stopped_at IS NULL;

CREATE TABLE gateway.officer (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL UNIQUE,
    roles       text[]      NOT NULL,
    directorate text        NOT NULL,
    key_id      text        NOT NULL UNIQUE,
    key_hash    text        NOT NULL,
    created_at  timestamptz NOT NULL,
    disabled_at timestamptz
);

CREATE TABLE gateway.idempotency (
    key         text        PRIMARY KEY,
    fingerprint text        NOT NULL,
    result      jsonb       NOT NULL,
    at          timestamptz NOT NULL
);

CREATE TABLE gateway.ussd_session (
    session      text        PRIMARY KEY,
    phone        text        NOT NULL,
    service_code text        NOT NULL,
    network      text,
    status       text        NOT NULL,
    duration_ms  integer,
    hops         integer,
    cost         text,
    ended_at     timestamptz NOT NULL
);
CREATE INDEX ussd_session_by_age ON gateway.ussd_session (ended_at);

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA gateway FROM PUBLIC;
