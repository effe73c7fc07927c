-- What the gauges of the last minutes read: rows come in order of time, so a few kilobytes find the newest of millions.
CREATE INDEX attempt_by_time ON gateway.attempt USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX delivery_report_by_time ON gateway.delivery_report USING brin (received_at)
    WITH (pages_per_range = 16, autosummarize = on);
