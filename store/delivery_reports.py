"""Delivery reports: every one is kept, and the first final one closes its message. Knows no provider's words.

A report may overtake the answer to the request that it reports on. It is then parked, and `settle` applies it; the
two take the same advisory lock, so neither can miss the other. Where the answer never came, `adopt` applies it; there a
report of a message whose id was never learnt also finds it by phone and time, once nothing else can be meant.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.db import Transaction, driver

Named = tuple[str, str]
"""A provider, and the id that the message has there."""

GRACE = timedelta(minutes=1)
"""An answer that is still on its way is written down within this time; until then a parked report is its."""
WINDOW = timedelta(days=3)

_HOLD = sa.text("SELECT pg_advisory_xact_lock(4966, hashtext(:provider || chr(31) || :provider_id))")
# Sorted, lest two that hold several wait for each other.
_HOLD_ALL = """
    SELECT pg_advisory_xact_lock(4966, key) FROM (
        SELECT DISTINCT hashtext(name) AS key FROM json_array_elements_text(CAST(%(names)s AS json)) AS name
        ORDER BY key) AS keys"""
_STORE = sa.text("""
    INSERT INTO gateway.delivery_report (provider, provider_id, phone, status, reason, final, received_at)
    VALUES (:provider, :provider_id, :phone, :status, :reason, :final, :now)""")
# A message that waits to be sent again after an unsure attempt has still its id, and was delivered after all.
_CLOSE = sa.text("""
    UPDATE gateway.message SET state = :final, closed_at = :now, lease_until = NULL,
        error = CASE WHEN :final = 'undelivered' THEN concat_ws(': ', CAST(:status AS text), CAST(:reason AS text)) END
    WHERE provider = :provider AND provider_id = :provider_id
        AND (state IN ('sent', 'unsure') OR state IN ('queued', 'claimed') AND :final = 'delivered')""")
_APPLIED = sa.text("""
    UPDATE gateway.delivery_report SET applied_at = :now
    WHERE provider = :provider AND provider_id = :provider_id AND applied_at IS NULL""")
_KNOWN = sa.text("SELECT state FROM gateway.message WHERE provider = :provider AND provider_id = :provider_id")
_PARKED = sa.text("""
    SELECT final, status, reason FROM gateway.delivery_report
    WHERE provider = :provider AND provider_id = :provider_id AND applied_at IS NULL
    ORDER BY final IS NULL, id LIMIT 1""")
_PARKED_OF = """
    SELECT DISTINCT r.provider, r.provider_id
    FROM gateway.each_of(CAST(%(named)s AS json)) AS n
    JOIN gateway.delivery_report r ON r.provider = n ->> 0 AND r.provider_id = n ->> 1
    WHERE r.applied_at IS NULL"""
_OVERTAKEN = sa.text("""
    SELECT DISTINCT m.provider, m.provider_id
    FROM gateway.message m
    JOIN gateway.delivery_report r ON r.provider = m.provider AND r.provider_id = m.provider_id
    WHERE m.state = 'unsure' AND r.applied_at IS NULL LIMIT :limit""")
# One phone, one unsure message without an id, one id reported that nobody knows: they can only mean each other. An id
# that another message of the phone had in an earlier attempt is known.
_ADOPT = sa.text("""
    WITH lost AS (
        SELECT r.provider, r.phone, min(r.provider_id) AS provider_id, min(r.received_at) AS received_at
        FROM gateway.delivery_report r
        WHERE r.applied_at IS NULL AND r.phone IS NOT NULL AND r.received_at > :oldest AND r.received_at < :settled
        GROUP BY r.provider, r.phone HAVING count(DISTINCT r.provider_id) = 1),
    found AS (
        SELECT l.provider, l.provider_id, min(m.id) AS id
        FROM lost l JOIN gateway.message m
            ON m.phone = l.phone AND m.provider = l.provider AND m.state = 'unsure' AND m.provider_id IS NULL
        WHERE m.tried_at BETWEEN l.received_at - CAST(:window AS interval) AND l.received_at
            AND NOT EXISTS (
                SELECT FROM gateway.message o JOIN gateway.attempt t ON t.message_id = o.id
                WHERE o.phone = l.phone AND o.id <> m.id AND t.provider = l.provider AND t.provider_id = l.provider_id)
        GROUP BY l.provider, l.provider_id HAVING count(*) = 1
        LIMIT :limit)
    UPDATE gateway.message m SET provider_id = f.provider_id FROM found f
    WHERE m.id = f.id AND m.state = 'unsure' AND m.provider_id IS NULL
        AND NOT EXISTS (SELECT FROM gateway.message o WHERE o.provider = f.provider AND o.provider_id = f.provider_id)
    RETURNING m.provider, m.provider_id""")


def hold(tx: Transaction, provider: str, provider_id: str) -> None:
    """Keep others from writing about this provider's message until the transaction ends."""
    tx.execute(_HOLD, {"provider": provider, "provider_id": provider_id})


def hold_all(tx: Transaction, named: Sequence[Named]) -> None:
    """The same for many."""
    if named:
        names = [f"{provider}\x1f{provider_id}" for provider, provider_id in named]
        driver(tx).execute(_HOLD_ALL, {"names": json.dumps(names)})


def record(
    tx: Transaction,
    provider: str,
    provider_id: str,
    status: str,
    reason: str | None,
    final: str | None,
    now: datetime,
    phone: str | None = None,
) -> bool:
    """Keep a report, and whether its message is known. `final` is delivered, undelivered, or None for one on the way.

    Only a message that is sent or unsure changes; a final state stays what it was. What is reported of a message that
    is still being sent waits for the answer.
    """
    hold(tx, provider, provider_id)
    message = {"provider": provider, "provider_id": provider_id}
    tx.execute(_STORE, {**message, "phone": phone, "status": status, "reason": reason, "final": final, "now": now})
    known = tx.execute(_KNOWN, message).first()
    if known is not None and known.state != "sending":
        apply_parked(tx, provider, provider_id, now)
    return known is not None


def parked_of(tx: Transaction, named: Sequence[Named]) -> list[Named]:
    """Those of the messages of which reports wait to be applied."""
    if not named:
        return []
    return driver(tx).execute(_PARKED_OF, {"named": json.dumps(named)}).fetchall()


def apply_parked(tx: Transaction, provider: str, provider_id: str, now: datetime) -> None:
    """Apply the reports kept so far to the message that now has this id: the first final one counts."""
    message = {"provider": provider, "provider_id": provider_id}
    parked = tx.execute(_PARKED, message).first()
    if parked is None:
        return
    if parked.final is not None:
        said = {"final": parked.final, "status": parked.status, "reason": parked.reason}
        tx.execute(_CLOSE, {**message, **said, "now": now})
    tx.execute(_APPLIED, {**message, "now": now})


def adopt(tx: Transaction, now: datetime, limit: int = 500) -> int:
    """Give parked reports to the unsure messages that they name, or that alone they can mean by phone and time; how
    many found theirs."""
    times = {"oldest": now - WINDOW, "settled": now - GRACE, "window": WINDOW}
    adopted = [*tx.execute(_OVERTAKEN, {"limit": limit}), *tx.execute(_ADOPT, {**times, "limit": limit})]
    for row in adopted:
        apply_parked(tx, row.provider, row.provider_id, now)
    return len(adopted)
