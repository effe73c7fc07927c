-- What makes settling cheap whatever the size of the outbox.

-- The elements of an array, said to be about one: what joins them then looks its rows up by key. A plan made for the
-- hundred that PostgreSQL supposes reads the whole outbox while that is small, and is kept when it no longer is.
CREATE FUNCTION gateway.each_of(many json) RETURNS SETOF json LANGUAGE sql ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$ SELECT json_array_elements(many) $$;
REVOKE EXECUTE ON FUNCTION gateway.each_of FROM PUBLIC;

-- Only what is no longer on its way may lose its text: a message enters this index once it has left, not at each step.
CREATE INDEX message_over ON gateway.message (created_at)
    WHERE text <> '' AND state NOT IN ('queued', 'claimed', 'sending', 'unsure');
DROP INDEX gateway.message_old_text;

-- What clerks look through to call citizens whom no SMS reached.
CREATE INDEX message_unreached ON gateway.message (id)
    WHERE state IN ('undelivered', 'failed', 'unsure') AND reference IS NOT NULL;
