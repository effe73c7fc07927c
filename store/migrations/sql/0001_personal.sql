-- Who looked at whose data, which data was erased, and under which keys the rest is kept.

CREATE TABLE gateway.access_log (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    officer   text        NOT NULL,
    view      text        NOT NULL CHECK (view IN ('case', 'list', 'export', 'card')),
    reference char(8),
    phone     text,
    cases     integer     NOT NULL CHECK (cases >= 0),
    asked     jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX access_log_by_case ON gateway.access_log (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX access_log_by_officer ON gateway.access_log (officer, id);
CREATE INDEX access_log_by_time ON gateway.access_log (at);
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON gateway.access_log
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.refuse_change();

-- A case whose personal data is gone; its events stay, without what they said of a person.
CREATE TABLE gateway.erasure (
    reference char(8)     PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    reason    text        NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gateway.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION gateway.refuse_change();

-- The keys that something here was ever sealed with, by their public names: a gateway without one of them must not run.
CREATE TABLE gateway.field_key (
    key_id text        PRIMARY KEY,
    since  timestamptz NOT NULL
);
