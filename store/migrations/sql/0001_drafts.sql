-- Forms that a dropped session left unfinished, what a session was offered when it opened, and the way through screens.

CREATE TABLE gateway.draft (
    session   text        PRIMARY KEY,
    origin    text        NOT NULL,
    phone     text        NOT NULL,
    service   text        NOT NULL,
    language  text        NOT NULL,
    answers   jsonb       NOT NULL CHECK (jsonb_typeof(answers) = 'object'),
    saved_at  timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE INDEX draft_by_phone ON gateway.draft (phone, saved_at DESC);
CREATE INDEX draft_by_origin ON gateway.draft (origin);
CREATE INDEX draft_by_age ON gateway.draft (saved_at);

COMMENT ON COLUMN gateway.draft.origin IS
    'The session in which the form was begun: whichever call sends it, the application has this one key';

-- What the first screen of a session was, where it was not the menu: a session rebuilt from its transcript must open
-- as it did the first time.
CREATE TABLE gateway.ussd_offer (
    session   text        PRIMARY KEY,
    draft     text,
    reference char(8),
    at        timestamptz NOT NULL,
    CHECK (draft IS NOT NULL OR reference IS NOT NULL)
);
CREATE INDEX ussd_offer_by_age ON gateway.ussd_offer (at);

-- One row a screen shown. `wrong`: it was shown again because the answer was not good.
CREATE TABLE gateway.ussd_step (
    session  text        NOT NULL,
    step     integer     NOT NULL,
    at       timestamptz NOT NULL,
    screen   text        NOT NULL,
    language text        NOT NULL,
    network  text,
    content  text        NOT NULL,
    wrong    boolean     NOT NULL,
    exit     text        CHECK (exit IN ('done', 'error', 'deadline'))
);
CREATE INDEX ussd_step_by_age ON gateway.ussd_step USING brin (at);
CREATE INDEX ussd_step_by_session ON gateway.ussd_step (session, step);

-- Each step with the seconds until the next one, and how the session went on from it. The provider's end-of-session
-- report says how a session ended that we did not end; 60 s without input is the networks' own limit.
CREATE VIEW gateway.ussd_path AS
    SELECT s.session, s.step, s.at, s.screen, s.language, s.network, s.content, s.wrong,
           extract(epoch FROM coalesce(lead(s.at) OVER way, e.ended_at) - s.at)::numeric(10, 1) AS seconds,
           CASE
               WHEN lead(s.at) OVER way IS NOT NULL THEN NULL
               WHEN s.exit IS NOT NULL THEN s.exit
               WHEN e.status = 'Failed' THEN 'error'
               WHEN e.ended_at - s.at >= interval '28 seconds' THEN 'timed out'
               ELSE 'left'
           END AS exit,
           e.status AS provider_status, e.duration_ms, e.hops AS provider_hops
    FROM gateway.ussd_step s LEFT JOIN gateway.ussd_session e USING (session)
    WINDOW way AS (PARTITION BY s.session ORDER BY s.step, s.at);

CREATE VIEW gateway.ussd_funnel AS
    SELECT content, language, network, screen, count(*) AS shown, count(*) FILTER (WHERE wrong) AS wrong,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric(10, 1) AS median_seconds,
           count(*) FILTER (WHERE exit = 'done') AS done,
           count(*) FILTER (WHERE exit = 'left') AS "left",
           count(*) FILTER (WHERE exit = 'timed out') AS timed_out,
           count(*) FILTER (WHERE exit = 'error') AS error,
           count(*) FILTER (WHERE exit = 'deadline') AS deadline,
           min(at) AS first_at, max(at) AS last_at
    FROM gateway.ussd_path GROUP BY content, language, network, screen;
