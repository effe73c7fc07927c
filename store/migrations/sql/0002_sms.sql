-- A PIN that a citizen may set on the phone (services-domain §5.1): only its keyed hash is kept. `pin_tries`: wrong ones
-- since the last right one.
ALTER TABLE gateway.person
    ADD COLUMN pin_hash text,
    ADD COLUMN pin_tries smallint NOT NULL DEFAULT 0 CHECK (pin_tries >= 0),
    ADD COLUMN pin_locked_until timestamptz;

-- Wrong guesses from a phone at the PINs of other people's requests, for some days.
CREATE TABLE gateway.pin_miss (
    phone text        NOT NULL,
    at    timestamptz NOT NULL
);
CREATE INDEX pin_miss_by_phone ON gateway.pin_miss (phone, at);
CREATE INDEX pin_miss_by_age ON gateway.pin_miss (at);
