"""Settlement: what came of giving messages to a provider. Decides which outcome may still change which state.

A late answer must never cause a second message: `sent` is believed even when the message went back to the queue,
anything else only while the message is still the sender's or unsure.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store import delivery_reports
from store.db import Transaction, driver


@dataclass(frozen=True, slots=True)
class Settlement:
    """One attempt. Outcome is sent, retry, failed, unsure, or hold (not tried, does not count); latency in ms.

    `retry_at` is when it may go again, for retry and hold.
    """

    outcome: str
    provider: str
    provider_id: str | None = None
    code: str | None = None
    detail: str | None = None
    cost: str | None = None
    retry_at: datetime | None = None
    latency_ms: int | None = None
    parts: int | None = None
    """Segments; None: those of the message as it is stored."""


Settled = tuple[int, Settlement]
"""A message's id, and what came of it."""

# A provider that repeats one of its ids must not make a sent message look unsent: the id then stays with the first.
_SETTLE = """
    WITH said AS MATERIALIZED (
        SELECT s.* FROM gateway.each_of(CAST(%(said)s AS json)) AS one, json_to_record(one) AS s (
            id bigint, provider text, outcome text, provider_id text, code text, detail text, cost text,
            retry_at timestamptz, latency_ms int, parts int, again boolean)),
    tried AS (
        INSERT INTO gateway.attempt
            (message_id, provider, at, outcome, provider_id, code, detail, parts, cost, latency_ms)
        SELECT id, provider, %(now)s, outcome, provider_id, code, detail,
               coalesce(parts, (SELECT m.parts FROM gateway.message m WHERE m.id = said.id), 0), cost, latency_ms
        FROM said)
    UPDATE gateway.message m SET
        state = CASE s.outcome WHEN 'retry' THEN 'queued' WHEN 'hold' THEN 'queued' ELSE s.outcome END,
        lease_until = NULL, provider = s.provider,
        provider_id = CASE WHEN s.again IS NULL AND s.provider_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM gateway.message o
            WHERE o.provider = s.provider AND o.provider_id = s.provider_id AND o.id <> s.id) THEN s.provider_id END,
        attempts = m.attempts + CASE WHEN s.outcome = 'hold' THEN 0 ELSE 1 END,
        next_attempt_at = coalesce(s.retry_at, m.next_attempt_at),
        error = CASE WHEN s.outcome <> 'sent' THEN concat_ws(': ', s.code, nullif(s.detail, '')) END,
        cost = coalesce(s.cost, m.cost),
        sent_at = CASE WHEN s.outcome = 'sent' THEN CAST(%(now)s AS timestamptz) ELSE m.sent_at END,
        closed_at = CASE WHEN s.outcome = 'failed' THEN CAST(%(now)s AS timestamptz) END
    FROM said s
    WHERE m.id = s.id AND (m.state IN ('claimed', 'sending', 'unsure') OR m.state = 'queued' AND s.outcome = 'sent')
    RETURNING m.id"""


def settle(tx: Transaction, message_id: int, settlement: Settlement, now: datetime) -> bool:
    """Settle one message; False when it is no longer the sender's to change."""
    return message_id in settle_all(tx, [(message_id, settlement)], now)


def settle_all(tx: Transaction, settled: Sequence[Settled], now: datetime) -> set[int]:
    """Write each attempt and each message's new state; the ids of those that were still the sender's to change.

    Delivery reports that came before these answers are applied here.
    """
    if not settled:
        return set()
    named = [(each.provider, each.provider_id) for _, each in settled if each.provider_id is not None]
    delivery_reports.hold_all(tx, named)
    seen: set[tuple[str, str | None]] = set()
    said = [_said(number, each, seen) for number, each in settled]
    changed = driver(tx).execute(_SETTLE, {"said": json.dumps(said), "now": now}).fetchall()
    for provider, provider_id in delivery_reports.parked_of(tx, named):
        delivery_reports.apply_parked(tx, provider, provider_id, now)
    return {number for (number,) in changed}


def _said(number: int, each: Settlement, seen: set[tuple[str, str | None]]) -> dict[str, object]:
    """As JSON: the driver writes arrays in Python, and this in C. What is seldom there is left out; `again` marks an id
    that the same answers gave before."""
    said: dict[str, object] = {
        "id": number,
        "provider": each.provider,
        "outcome": each.outcome,
        "provider_id": each.provider_id,
        "code": each.code,
        "cost": each.cost,
        "latency_ms": each.latency_ms,
        "parts": each.parts,
    }
    if each.detail:
        said["detail"] = each.detail
    if each.retry_at:
        said["retry_at"] = each.retry_at.isoformat()
    if (name := (each.provider, each.provider_id)) in seen:
        said["again"] = True
    seen.add(name)
    return said
