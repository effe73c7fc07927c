"""Delivery reports: every one is kept, and the first final one closes its message. Knows no provider's words.

A report may overtake the answer to the request that it reports on. It is then parked, and `settle` applies it; the
two take the same advisory lock, so neither can miss the other.
"""

from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction

_HOLD = sa.text("SELECT pg_advisory_xact_lock(4966, hashtext(:provider || chr(31) || :provider_id))")
_STORE = sa.text("""
    INSERT INTO gateway.delivery_report (provider, provider_id, status, reason, final, received_at)
    VALUES (:provider, :provider_id, :status, :reason, :final, :now)""")
_CLOSE = sa.text("""
    UPDATE gateway.message SET state = :final, closed_at = :now
    WHERE provider = :provider AND provider_id = :provider_id AND state IN ('sent', 'unsure')""")
_APPLIED = sa.text("""
    UPDATE gateway.delivery_report SET applied_at = :now
    WHERE provider = :provider AND provider_id = :provider_id AND applied_at IS NULL""")
_KNOWN = sa.text("SELECT FROM gateway.message WHERE provider = :provider AND provider_id = :provider_id")
_PARKED = sa.text("""
    SELECT final FROM gateway.delivery_report
    WHERE provider = :provider AND provider_id = :provider_id AND applied_at IS NULL
    ORDER BY final IS NULL, id LIMIT 1""")


def hold(tx: Transaction, provider: str, provider_id: str) -> None:
    """Keep others from writing about this provider's message until the transaction ends."""
    tx.execute(_HOLD, {"provider": provider, "provider_id": provider_id})


def record(
    tx: Transaction, provider: str, provider_id: str, status: str, reason: str | None, final: str | None, now: datetime
) -> bool:
    """Keep a report, and whether its message is known. `final` is delivered, undelivered, or None for one on the way.

    Only a message that is sent or unsure changes; a final state stays what it was.
    """
    hold(tx, provider, provider_id)
    message = {"provider": provider, "provider_id": provider_id}
    tx.execute(_STORE, {**message, "status": status, "reason": reason, "final": final, "now": now})
    if tx.execute(_KNOWN, message).first() is None:
        return False
    apply_parked(tx, provider, provider_id, now)
    return True


def apply_parked(tx: Transaction, provider: str, provider_id: str, now: datetime) -> None:
    """Apply the reports kept so far to the message that now has this id: the first final one counts."""
    message = {"provider": provider, "provider_id": provider_id}
    parked = tx.execute(_PARKED, message).first()
    if parked is None:
        return
    if parked.final is not None:
        tx.execute(_CLOSE, {**message, "final": parked.final, "now": now})
    tx.execute(_APPLIED, {**message, "now": now})
