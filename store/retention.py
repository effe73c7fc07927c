"""Deletion by age: raw input, old words, old looks, and cases whose time is over. Decides no age; deletes in batches.

Counts outlive what they count: a row stays, and what is personal in it becomes empty. Of a case the events stay
(gateway.event is only added to), with their hashes and without what they said of a person.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction
from store.events import EVERY, Span

_PATIENTLY = sa.text("SET LOCAL statement_timeout = '60s'")
_STEPS: Mapping[str, tuple[sa.TextClause, ...]] = {
    "raw_input": (
        sa.text("""
            UPDATE gateway.inbound SET text = '', phone = '' WHERE id IN (
                SELECT id FROM gateway.inbound
                WHERE received_at < :before AND text <> '' AND handled_at IS NOT NULL
                ORDER BY received_at LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
        sa.text("""
            UPDATE gateway.ussd_session SET phone = '' WHERE session IN (
                SELECT session FROM gateway.ussd_session WHERE ended_at < :before AND phone <> ''
                ORDER BY ended_at LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
        sa.text("DELETE FROM gateway.asked WHERE at < :before"),
        sa.text("""
            DELETE FROM gateway.quarantine WHERE last_at < :before
                AND (released_at IS NOT NULL OR until < :before)"""),
    ),
    "requests": (
        sa.text("""
            DELETE FROM gateway.idempotency WHERE key IN (
                SELECT key FROM gateway.idempotency WHERE at < :before
                ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
    ),
    "messages": (
        sa.text("""
            UPDATE gateway.message SET text = '', phone = CASE WHEN reference IS NULL THEN '' ELSE phone END
            WHERE id IN (
                SELECT id FROM gateway.message
                WHERE created_at < :before AND text <> '' AND state NOT IN ('queued', 'claimed', 'sending', 'unsure')
                ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
        sa.text("""
            DELETE FROM gateway.delivery_report WHERE id IN (
                SELECT id FROM gateway.delivery_report WHERE received_at < :before
                ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
        sa.text("""
            DELETE FROM gateway.broadcast_recipient WHERE (broadcast_id, phone) IN (
                SELECT r.broadcast_id, r.phone FROM gateway.broadcast b
                JOIN gateway.broadcast_recipient r ON r.broadcast_id = b.id
                WHERE b.created_at < :before AND b.state IN ('done', 'cancelled') LIMIT :limit)"""),
    ),
    "views": (
        sa.text("""
            DELETE FROM gateway.access_log WHERE id IN (
                SELECT id FROM gateway.access_log WHERE at < :before ORDER BY at LIMIT :limit)"""),
    ),
    "people": (
        sa.text("""
            DELETE FROM gateway.person WHERE phone IN (
                SELECT p.phone FROM gateway.person p
                WHERE p.updated_at < :before AND p.stopped_at IS NULL
                    AND NOT EXISTS (SELECT FROM public.application a WHERE a.phone = p.phone)
                LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
    ),
}
"""By the name of the age in config/retention.yaml."""

_OVER = sa.text("""
    SELECT a.reference FROM public.application a
    JOIN gateway.service_state s ON s.service = a.service AND s.state = a.state AND s.final
    WHERE a.updated_at < :before AND a.reference >= :low AND a.reference < :high
    ORDER BY a.reference LIMIT :limit FOR UPDATE OF a SKIP LOCKED""")
_RECORD = sa.text("""
    INSERT INTO gateway.erasure (reference, at, actor, reason) VALUES (:reference, :now, :actor, :reason)""")
_ERASE = (
    sa.text("""
        UPDATE gateway.event SET salt = NULL, actor = CASE WHEN actor_kind <> 'citizen' THEN actor END, reason = NULL,
            details = '{}', before = NULL, after = NULL WHERE reference = :reference"""),
    sa.text("""
        UPDATE gateway.inbound SET text = '', phone = '' WHERE id IN (
            SELECT inbound_id FROM gateway.message WHERE reference = :reference)"""),
    sa.text("""
        DELETE FROM gateway.delivery_report r USING gateway.message m
        WHERE m.reference = :reference AND r.provider = m.provider AND r.provider_id = m.provider_id"""),
    sa.text("UPDATE gateway.message SET text = '', phone = '' WHERE reference = :reference"),
    sa.text("DELETE FROM gateway.clock WHERE reference = :reference"),
    sa.text("DELETE FROM gateway.muted_case WHERE reference = :reference"),
    sa.text("DELETE FROM gateway.asked WHERE reference = :reference"),
    # What officers were answered, for a few days; by hand a case may be erased sooner.
    sa.text("DELETE FROM gateway.idempotency WHERE strpos(CAST(result AS text), :reference) > 0"),
)
_DELETE = sa.text("DELETE FROM public.application WHERE reference = :reference")
_WAITING = sa.text("""
    SELECT FROM gateway.message WHERE reference = :reference AND state IN ('queued', 'claimed', 'sending', 'unsure')""")


def delete_older(tx: Transaction, what: str, before: datetime, limit: int) -> int:
    """Delete up to `limit` of each kind of `what` from before a moment; how many there were. KeyError."""
    tx.execute(_PATIENTLY)
    return sum(tx.execute(step, {"before": before, "limit": limit}).rowcount for step in _STEPS[what])


def over(tx: Transaction, before: datetime, limit: int, within: Span = EVERY) -> list[str]:
    """Closed cases `within` a span of references that nobody changed since `before`, locked."""
    tx.execute(_PATIENTLY)
    asked = {"before": before, "limit": limit, "low": within[0], "high": within[1]}
    return list(tx.execute(_OVER, asked).scalars())


def erase(tx: Transaction, reference: str, actor: str, reason: str, now: datetime) -> bool:
    """Erase what is personal of a case for good; False when there is none, or a message of it is still on its way."""
    if tx.execute(_WAITING, {"reference": reference}).first() is not None:
        return False
    if not tx.execute(_DELETE, {"reference": reference}).rowcount:
        return False
    tx.execute(_RECORD, {"reference": reference, "now": now, "actor": actor, "reason": reason})
    for step in _ERASE:
        tx.execute(step, {"reference": reference})
    return True
