-- Each step with the seconds until the next one, and how the session went on from it. The release before writes the same
-- lines, and leaves out the columns that it does not know.

-- A step may have several lines: a hop that is played again after Redis was flushed writes its own again, and a hop that
-- failed says `error` at the step where the session stood. It is what was shown first, with the exit that any line has.
--
-- When a call was over, the provider knows best: its report may come late, so a call lasts as long as the report says
-- from the first screen on, and no longer than until the report came. Left alone, 30 s is the shortest of the networks'
-- limits, and 180 s the most that a call may last (2 s less, for what it takes to get here). A call without a report may
-- go on for as long; after that, and where the provider saw an END of which no line is left, its exit is not known.
CREATE OR REPLACE VIEW gateway.ussd_path AS
    WITH once AS (
        SELECT DISTINCT ON (session, step) session, step, at, screen, language, network, content, wrong,
               max(exit) OVER (PARTITION BY session, step) AS exit
        FROM gateway.ussd_step
        ORDER BY session, step, at
    ), way AS (
        SELECT once.*, lead(at) OVER ordered AS next_at, first_value(at) OVER ordered AS began_at
        FROM once WINDOW ordered AS (PARTITION BY session ORDER BY step)
    ), joined AS (
        SELECT way.*, e.session IS NOT NULL AS reported, e.status, e.duration_ms, e.hops,
               CASE WHEN e.session IS NOT NULL THEN greatest(way.at, least(e.ended_at,
                   way.began_at + nullif(e.duration_ms, 0) * interval '1 millisecond')) END AS over_at
        FROM way LEFT JOIN gateway.ussd_session e USING (session)
    )
    SELECT session, step, at, screen, language, network, content, wrong,
           extract(epoch FROM coalesce(next_at, over_at) - at)::numeric(10, 1) AS seconds,
           CASE
               WHEN next_at IS NOT NULL THEN NULL
               WHEN exit IS NOT NULL THEN exit
               WHEN NOT reported AND now() - began_at < interval '180 seconds' THEN 'open'
               WHEN NOT reported OR lower(status) = 'success' THEN 'unknown'
               WHEN lower(status) = 'failed' THEN 'error'
               WHEN over_at - at >= interval '28 seconds' OR duration_ms >= 178000 THEN 'timed out'
               ELSE 'left'
           END AS exit,
           status AS provider_status, duration_ms, hops AS provider_hops
    FROM joined;

CREATE OR REPLACE VIEW gateway.ussd_funnel AS
    SELECT content, language, network, screen, count(*) AS shown, count(*) FILTER (WHERE wrong) AS wrong,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric(10, 1) AS median_seconds,
           count(*) FILTER (WHERE exit = 'done') AS done,
           count(*) FILTER (WHERE exit = 'left') AS "left",
           count(*) FILTER (WHERE exit = 'timed out') AS timed_out,
           count(*) FILTER (WHERE exit = 'error') AS error,
           count(*) FILTER (WHERE exit = 'deadline') AS deadline,
           min(at) AS first_at, max(at) AS last_at,
           count(*) FILTER (WHERE exit = 'open') AS open,
           count(*) FILTER (WHERE exit = 'unknown') AS unknown
    FROM gateway.ussd_path GROUP BY content, language, network, screen;
