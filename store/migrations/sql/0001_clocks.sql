-- When each open case next needs the system. Only a note: the history says it all, and the sweep counts again what is
-- missing or old. Kept apart from the shared table, so that other writers' bulk updates do not pay for it.

CREATE TABLE gateway.clock (
    reference    char(8)     PRIMARY KEY,
    version      integer     NOT NULL,
    rules        text        NOT NULL,
    turn         text        NOT NULL CHECK (turn IN ('office', 'citizen')),
    since        timestamptz NOT NULL,
    state_due_at timestamptz NOT NULL,
    case_due_at  timestamptz,
    used         integer     NOT NULL CHECK (used >= 0),
    level        smallint    NOT NULL CHECK (level BETWEEN 0 AND 3),
    next_at      timestamptz
);
CREATE INDEX clock_next ON gateway.clock (next_at, reference) WHERE next_at IS NOT NULL;
CREATE INDEX clock_rules ON gateway.clock (rules);

COMMENT ON COLUMN gateway.clock.rules IS 'Which calendar and which workflows the clocks were read by';

-- Days off beside the national holidays, and days worked all the same; `python -m gateway calendar`.
CREATE TABLE gateway.special_day (
    day     date        PRIMARY KEY,
    working boolean     NOT NULL,
    name_ar text        NOT NULL,
    name_en text        NOT NULL,
    set_at  timestamptz NOT NULL
);
