"""Settlement: what came of giving a message to a provider. Decides which outcome may still change which state.

A late answer must never cause a second message: `sent` is believed even when the message went back to the queue,
anything else only while the message is still the sender's or unsure.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from store import delivery_reports
from store.db import Transaction


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


_STATES = {"sent": "sent", "retry": "queued", "failed": "failed", "unsure": "unsure", "hold": "queued"}
_OPEN = ["claimed", "sending", "unsure"]

_ATTEMPT = sa.text("""
    INSERT INTO gateway.attempt (message_id, provider, at, outcome, code, detail, latency_ms)
    SELECT id, :provider, :now, :outcome, :code, :detail, :latency_ms FROM gateway.message WHERE id = :id""")
# A provider that repeats one of its ids must not make a sent message look unsent: the id then stays with the first.
_SETTLE = sa.text("""
    UPDATE gateway.message SET state = :state, lease_until = NULL, provider = :provider,
        provider_id = CASE WHEN EXISTS (SELECT FROM gateway.message o WHERE o.provider = :provider
                                        AND o.provider_id = :provider_id AND o.id <> :id)
                           THEN NULL ELSE :provider_id END,
        attempts = attempts + :counted, next_attempt_at = coalesce(:retry_at, next_attempt_at),
        error = CASE WHEN :state <> 'sent' THEN concat_ws(': ', CAST(:code AS text), CAST(:detail AS text)) END,
        cost = coalesce(:cost, cost),
        sent_at = CASE WHEN :state = 'sent' THEN CAST(:now AS timestamptz) ELSE sent_at END,
        closed_at = CASE WHEN :state = 'failed' THEN CAST(:now AS timestamptz) END
    WHERE id = :id AND state = ANY(:open) RETURNING id""")


def settle(tx: Transaction, message_id: int, settlement: Settlement, now: datetime) -> bool:
    """Write the attempt and the message's new state; False when the message is no longer the sender's to change.

    A delivery report that came before this answer is applied here.
    """
    outcome = settlement.outcome
    state = _STATES[outcome]
    if settlement.provider_id is not None:
        delivery_reports.hold(tx, settlement.provider, settlement.provider_id)
    said = {**asdict(settlement), "id": message_id, "now": now}
    tx.execute(_ATTEMPT, said)
    settled = tx.execute(
        _SETTLE,
        {**said, "state": state, "counted": int(outcome != "hold"), "open": _OPEN + ["queued"] * (outcome == "sent")},
    ).first()
    if settled is None:
        return False
    if settlement.provider_id is not None:
        delivery_reports.apply_parked(tx, settlement.provider, settlement.provider_id, now)
    return True
