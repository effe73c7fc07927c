DROP TABLE gateway.pin_miss;
ALTER TABLE gateway.person DROP COLUMN pin_hash, DROP COLUMN pin_tries, DROP COLUMN pin_locked_until;
