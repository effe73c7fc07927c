CREATE INDEX message_old_text ON gateway.message (created_at) WHERE text <> '';
DROP INDEX gateway.message_unreached;
DROP INDEX gateway.message_over;
DROP FUNCTION gateway.each_of;
