-- A count that stands beside its whole tells the rest too: 98 completed of 100 received are two that are open.
CREATE OR REPLACE FUNCTION measures.part(part bigint, whole bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN part >= 5 AND whole - part NOT BETWEEN 1 AND 4 THEN part END;

CREATE OR REPLACE VIEW measures.services AS
    SELECT c.service, c.month, measures.cell(c.received) AS received,
           measures.part(c.completed, c.received) AS completed,
           CASE WHEN c.timed >= 5 THEN c.median_days::numeric(8, 1) END AS median_working_days,
           measures.percent(c.in_time, c.timed) AS percent_within_promise,
           measures.percent(c.waiting, c.open) AS percent_waiting_on_citizen,
           measures.percent(c.reopened, c.ever_closed) AS percent_reopened,
           CASE WHEN c.rated >= 5 THEN round(c.mean_rating, 1) END AS mean_rating,
           measures.percent(c.rated, c.completed) AS percent_rated,
           measures.cell(m.sent) AS sms_sent, measures.percent(m.delivered, m.sent) AS percent_sms_delivered
    FROM gateway.case_count c LEFT JOIN gateway.message_count m USING (service, month);
