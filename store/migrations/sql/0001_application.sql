-- The shared table. Other systems write it with plain SQL and GRANT SELECT, INSERT, UPDATE is all they need:
-- no sequence, no function and no other table asks them for a right.
CREATE TABLE public.application (
    reference    char(8)     PRIMARY KEY CHECK (reference ~ '^[2-9][0-9]{7}$'),
    service      text        NOT NULL,
    state        text        NOT NULL,
    phone        text        NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    place        text,
    language     text        NOT NULL DEFAULT 'ar' CHECK (language IN ('ar', 'en')),
    answers      jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(answers) = 'object'),
    details      jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
    channel      text        NOT NULL DEFAULT 'portal',
    directorate  text        NOT NULL,
    came_from    text,
    submission   text        UNIQUE,
    submitted_by text,
    version      integer     NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    state_since  timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz
);
CREATE INDEX application_by_phone ON public.application (phone, created_at DESC, reference DESC);
-- An officer's pages: of a directorate or of a service, in one state or in any, newest first.
CREATE INDEX application_by_directorate ON public.application (directorate, created_at DESC, reference DESC);
CREATE INDEX application_by_desk ON public.application (directorate, state, created_at DESC, reference DESC);
CREATE INDEX application_by_service ON public.application (service, created_at DESC, reference DESC);
CREATE INDEX application_by_state ON public.application (service, state, created_at DESC, reference DESC);
CREATE INDEX application_by_age ON public.application (created_at DESC, reference DESC);
CREATE INDEX application_by_due ON public.application (due_at) WHERE due_at IS NOT NULL;

COMMENT ON TABLE public.application IS 'Applications of all channels; the contract is docs/store.md';
COMMENT ON COLUMN public.application.details IS 'What the office added: visit day, fee, reason';
COMMENT ON COLUMN public.application.came_from IS 'The state before this one; kept by the database';
COMMENT ON COLUMN public.application.submission IS 'Idempotency key of the submission: one key, one application';

-- Damm check digit (H. M. Damm, 2004): catches every wrong digit and every swap of neighbours.
CREATE FUNCTION gateway.check_digit(digits text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    quasigroup CONSTANT text :=
        '0317598642709215486342068713591750983426612304597836742095815869720134894536201794386172052581436790';
    interim int := 0;
BEGIN
    FOR i IN 1 .. length(digits) LOOP
        interim := substr(quasigroup, interim * 10 + substr(digits, i, 1)::int + 1, 1)::int;
    END LOOP;
    RETURN interim::text;
END $$;

-- 8 million references; drawn from the strong generator behind gen_random_uuid, so that nobody can count cases.
CREATE FUNCTION gateway.new_reference() RETURNS char(8)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    digits text;
BEGIN
    FOR attempt IN 1 .. 50 LOOP
        digits := (2000000 + ('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 8000000)::text;
        digits := digits || gateway.check_digit(digits);
        IF NOT EXISTS (SELECT FROM public.application WHERE reference = digits::char(8))
            AND NOT EXISTS (SELECT FROM gateway.event WHERE reference = digits::char(8)) THEN  -- an erased case's
            RETURN digits;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'no free reference found in 50 draws' USING ERRCODE = 'program_limit_exceeded';
END $$;
