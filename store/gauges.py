"""Figures of the present for those who watch: queues, what waits for a person, and the last ten minutes' sending.

Every query reads an index of what is open or new, never a whole table: it must cost the same with a hundred million
messages. What many rows share is grouped before it is taken apart: the last minutes may have a hundred thousand.
Decides nothing about what is good or bad (config/alerts.yaml does).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.db import Transaction

WINDOW = timedelta(minutes=10)
MOST = 20_000
"""Rows of a queue that are counted; a longer one is shown as this. Its age is that of its oldest row."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a gauge, with the values of its labels in order."""

    name: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True)
class _Query:
    """A query whose rows are the labels and then the values of `names`."""

    names: tuple[str, ...]
    sql: sa.TextClause


_QUERIES = (
    _Query(
        ("queue_messages", "queue_oldest_seconds"),
        sa.text("""
            SELECT CAST(p.priority AS text), q.number, coalesce(extract(epoch FROM :now - q.oldest), 0)
            FROM generate_series(0, 2) AS p (priority) CROSS JOIN LATERAL (
                SELECT count(*) AS number, min(next_attempt_at) AS oldest FROM (
                    SELECT next_attempt_at FROM gateway.message
                    WHERE state = 'queued' AND priority = p.priority AND next_attempt_at <= :now
                    ORDER BY next_attempt_at LIMIT :most) AS due) AS q"""),
    ),
    _Query(
        ("queue_waiting_messages",),
        sa.text("""
            SELECT CAST(p.priority AS text), (SELECT count(*) FROM (
                SELECT FROM gateway.message
                WHERE state = 'queued' AND priority = p.priority AND next_attempt_at > :now LIMIT :most) AS later)
            FROM generate_series(0, 2) AS p (priority)"""),
    ),
    _Query(
        ("under_way_messages",),
        sa.text("""
            SELECT s.state, (SELECT count(*) FROM gateway.message m WHERE m.state = s.state
                             AND m.state IN ('claimed', 'sending') AND m.lease_until IS NOT NULL)
            FROM (VALUES ('claimed'), ('sending')) AS s (state)"""),
    ),
    _Query(
        ("unsure_messages", "unsure_oldest_seconds"),
        sa.text("""
            SELECT count(*), coalesce(extract(epoch FROM :now - min(created_at)), 0)
            FROM (SELECT created_at FROM gateway.message WHERE state = 'unsure' ORDER BY id LIMIT :most) AS unsure"""),
    ),
    _Query(
        ("events_unrelayed", "events_unrelayed_oldest_seconds"),
        sa.text("""
            SELECT count(*), coalesce(extract(epoch FROM :now - min(at)), 0)
            FROM (SELECT at FROM gateway.event WHERE relayed_at IS NULL ORDER BY id LIMIT :most) AS events"""),
    ),
    _Query(
        ("inbound_unanswered", "inbound_unanswered_oldest_seconds"),
        sa.text("""
            SELECT count(*), coalesce(extract(epoch FROM :now - min(received_at)), 0)
            FROM (SELECT received_at FROM gateway.inbound WHERE handled_at IS NULL LIMIT :most) AS texts"""),
    ),
    _Query(
        ("attempts_recent", "attempts_recent_parts"),
        sa.text("""
            SELECT provider, outcome, CASE WHEN outcome = 'sent' THEN '' ELSE coalesce(code, '') END,
                   count(*), sum(parts)
            FROM gateway.attempt WHERE at > :since GROUP BY 1, 2, 3"""),
    ),
    _Query(
        ("attempt_recent_seconds",),
        sa.text("""
            WITH took AS (
                SELECT provider, latency_ms, count(*) AS number FROM gateway.attempt
                WHERE at > :since AND latency_ms IS NOT NULL GROUP BY 1, 2),
            ranked AS (
                SELECT provider, latency_ms, sum(number) OVER (PARTITION BY provider ORDER BY latency_ms) AS rank,
                       sum(number) OVER (PARTITION BY provider) AS number FROM took)
            SELECT provider, CAST(q.share AS text), min(latency_ms) / 1000.0
            FROM ranked CROSS JOIN (VALUES (0.5), (0.95)) AS q (share)
            WHERE rank >= q.share * number GROUP BY provider, q.share"""),
    ),
    _Query(
        ("cost_recent",),
        sa.text("""
            SELECT provider, left(cost, 3), sum(number * CAST(substring(cost FROM 5) AS numeric)) FROM (
                SELECT provider, cost, count(*) AS number FROM gateway.attempt
                WHERE at > :since AND cost IS NOT NULL GROUP BY 1, 2) AS prices
            WHERE cost ~ '^[A-Z]{3} [0-9]+(\\.[0-9]+)?$' GROUP BY 1, 2"""),
    ),
    _Query(
        ("reports_recent",),
        sa.text("""
            SELECT provider, final, reason, count(*) FROM (
                SELECT provider, coalesce(final, 'on_its_way') AS final,
                       CASE WHEN final = 'undelivered' THEN coalesce(reason, status) ELSE '' END AS reason
                FROM gateway.delivery_report WHERE received_at > :since) AS reports
            GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 50"""),
    ),
    _Query(
        ("broadcast_waiting",),
        sa.text("""
            SELECT CAST(b.id AS text), (SELECT count(*) FROM (
                SELECT FROM gateway.broadcast_recipient r
                WHERE r.broadcast_id = b.id AND r.state = 'waiting' LIMIT :most) AS waiting)
            FROM gateway.broadcast b WHERE b.state = 'running'"""),
    ),
)


def figures(tx: Transaction, now: datetime) -> Iterator[Figure]:
    """Every figure; a gauge without rows has no value now."""
    values = {"now": now, "since": now - WINDOW, "most": MOST}
    for query in _QUERIES:
        for row in tx.execute(query.sql, {name: values[name] for name in query.sql._bindparams}):
            labels = tuple(str(each) for each in row[: len(row) - len(query.names)])
            for name, value in zip(query.names, row[len(labels) :], strict=True):
                yield Figure(name, labels, float(value or 0))
