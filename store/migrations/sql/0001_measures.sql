-- Measures to publish. What is counted is gathered now and then in schema gateway, which is closed; what may be read is
-- schema measures, where cells below five are empty.

-- Working days counted from an arbitrary start, so that a span of them is one subtraction. Filled from the calendar.
CREATE TABLE gateway.workday (
    day    date    PRIMARY KEY,
    number integer NOT NULL
);

CREATE MATERIALIZED VIEW gateway.case_count AS
    WITH closing AS (
        SELECT e.reference, max(e.id) AS last_id,
               min(e.at) FILTER (WHERE s.final AND NOT coalesce(f.final, false)) AS first_closed_at,
               bool_or(f.final AND NOT s.final) AS reopened
        FROM gateway.event e
        JOIN gateway.service_state s ON s.service = e.service AND s.state = e.to_state
        LEFT JOIN gateway.service_state f ON f.service = e.service AND f.state = e.from_state
        WHERE e.from_state IS DISTINCT FROM e.to_state AND (s.final OR f.final)
        GROUP BY e.reference
    ), one AS (
        SELECT a.service, date_trunc('month', a.created_at AT TIME ZONE 'Asia/Baghdad')::date AS month,
               s.final AS closed, coalesce(s.awaits_citizen, false) AND NOT s.final AS waiting,
               coalesce(c.reopened, false) AS reopened,
               done.number - begun.number AS days, service.promise,
               CASE WHEN a.details ->> 'rating' ~ '^[1-5]$' THEN (a.details ->> 'rating')::int END AS rating
        FROM public.application a
        JOIN gateway.service service ON service.service = a.service
        LEFT JOIN gateway.service_state s ON s.service = a.service AND s.state = a.state
        LEFT JOIN closing c ON c.reference = a.reference
        LEFT JOIN gateway.workday begun ON begun.day = (a.created_at AT TIME ZONE 'Asia/Baghdad')::date
        LEFT JOIN gateway.workday done
            ON s.final AND done.day = (c.first_closed_at AT TIME ZONE 'Asia/Baghdad')::date
    )
    SELECT service, month, count(*) AS received, count(*) FILTER (WHERE closed) AS completed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE closed) AS median_days,
           count(days) FILTER (WHERE closed) AS timed, count(*) FILTER (WHERE closed AND days <= promise) AS in_time,
           count(*) FILTER (WHERE NOT closed) AS open, count(*) FILTER (WHERE waiting) AS waiting,
           count(*) FILTER (WHERE closed OR reopened) AS ever_closed, count(*) FILTER (WHERE reopened) AS reopened,
           count(rating) AS rated, avg(rating) AS mean_rating
    FROM one GROUP BY service, month;
CREATE UNIQUE INDEX case_count_key ON gateway.case_count (service, month);

CREATE MATERIALIZED VIEW gateway.message_count AS
    SELECT date_trunc('month', m.created_at AT TIME ZONE 'Asia/Baghdad')::date AS month,
           coalesce(a.service, '') AS service,
           count(*) FILTER (WHERE m.state IN ('sent', 'delivered', 'undelivered', 'failed', 'unsure')) AS sent,
           count(*) FILTER (WHERE m.state = 'delivered') AS delivered
    FROM gateway.message m LEFT JOIN public.application a ON a.reference = m.reference
    GROUP BY 1, 2;
CREATE UNIQUE INDEX message_count_key ON gateway.message_count (service, month);

CREATE MATERIALIZED VIEW gateway.text_count AS
    SELECT date_trunc('month', received_at AT TIME ZONE 'Asia/Baghdad')::date AS month, count(*) AS texts,
           count(*) FILTER (WHERE intent IN ('unknown_ref', 'bad_ref')) AS unknown
    FROM gateway.inbound WHERE handled_at IS NOT NULL GROUP BY 1;
CREATE UNIQUE INDEX text_count_key ON gateway.text_count (month);

CREATE MATERIALIZED VIEW gateway.session_count AS
    SELECT date_trunc('month', ended_at AT TIME ZONE 'Asia/Baghdad')::date AS month,
           coalesce(network, 'unknown') AS operator, count(*) AS sessions,
           count(*) FILTER (WHERE lower(status) = 'success') AS completed, avg(hops) AS mean_hops
    FROM gateway.ussd_session GROUP BY 1, 2;
CREATE UNIQUE INDEX session_count_key ON gateway.session_count (month, operator);

-- How often each screen was shown on each network, and was the last one of a call that reached no end.
CREATE MATERIALIZED VIEW gateway.screen_count AS
    SELECT date_trunc('month', at AT TIME ZONE 'Asia/Baghdad')::date AS month, screen,
           coalesce(network, 'unknown') AS operator, count(*) AS shown,
           count(*) FILTER (WHERE exit IS NULL OR exit = 'done') AS passed
    FROM gateway.ussd_path GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX screen_count_key ON gateway.screen_count (month, screen, operator);

CREATE SCHEMA measures;

CREATE FUNCTION measures.cell(number bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN number >= 5 THEN number END;

-- A share tells both its parts: neither may be a small one, and 0 % of few is told of each of them.
CREATE FUNCTION measures.percent(part bigint, whole bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN whole >= 5 AND part NOT BETWEEN 1 AND 4 AND whole - part NOT BETWEEN 1 AND 4
            THEN round(100.0 * part / whole, 1) END;

CREATE VIEW measures.services AS
    SELECT c.service, c.month, measures.cell(c.received) AS received, measures.cell(c.completed) AS completed,
           CASE WHEN c.timed >= 5 THEN c.median_days::numeric(8, 1) END AS median_working_days,
           measures.percent(c.in_time, c.timed) AS percent_within_promise,
           measures.percent(c.waiting, c.open) AS percent_waiting_on_citizen,
           measures.percent(c.reopened, c.ever_closed) AS percent_reopened,
           CASE WHEN c.rated >= 5 THEN round(c.mean_rating, 1) END AS mean_rating,
           measures.percent(c.rated, c.completed) AS percent_rated,
           measures.cell(m.sent) AS sms_sent, measures.percent(m.delivered, m.sent) AS percent_sms_delivered
    FROM gateway.case_count c LEFT JOIN gateway.message_count m USING (service, month);

CREATE VIEW measures.ussd AS
    SELECT month, operator, measures.cell(sessions) AS sessions,
           measures.percent(completed, sessions) AS percent_completed,
           CASE WHEN sessions >= 5 THEN round(mean_hops, 1) END AS mean_hops
    FROM gateway.session_count;

CREATE VIEW measures.screens AS
    SELECT month, screen, operator, measures.cell(shown) AS shown, measures.percent(passed, shown) AS percent_passed
    FROM gateway.screen_count;

CREATE VIEW measures.texts AS
    SELECT month, measures.cell(texts) AS texts, measures.percent(unknown, texts) AS percent_unknown_reference
    FROM gateway.text_count;
