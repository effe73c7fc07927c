"""Messages of which nobody knows whether the provider took them: listed, and closed by a policy or a person."""

from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction
from store.outbox import Message

POLICY = "policy"

_WAITING = sa.text("""
    SELECT * FROM gateway.message
    WHERE state = 'unsure' AND coalesce(tried_at, next_attempt_at) < :before ORDER BY id LIMIT :limit""")
_RIPE = sa.text("""
    SELECT id FROM gateway.message
    WHERE state = 'unsure' AND priority = :priority AND tried_at < :before AND resends < :times
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED""")
_RESEND = sa.text("""
    WITH old AS (SELECT id, state FROM gateway.message WHERE id = ANY(:ids) AND state = ANY(:states) FOR UPDATE),
    said AS (INSERT INTO gateway.resend (message_id, at, was, by, reason)
             SELECT id, :now, state, :by, :reason FROM old)
    UPDATE gateway.message m
    SET state = 'queued', next_attempt_at = :now, attempts = 0, resends = m.resends + 1, closed_at = NULL, error = NULL
    FROM old WHERE m.id = old.id RETURNING m.id""")
_DROP = sa.text("""
    UPDATE gateway.message SET state = 'failed', closed_at = :now WHERE id = ANY(:ids) AND state = 'unsure'""")
_FIND = sa.text("SELECT * FROM gateway.message WHERE id = :id")

ENDED = ["unsure", "failed", "undelivered", "sent"]
"""From where a person may send a message again. `sent` is among them: a report may never come."""


def find(tx: Transaction, message_id: int) -> Message | None:
    """The message with this id, whatever its state."""
    return rows.first(Message, tx.execute(_FIND, {"id": message_id}))


def waiting(tx: Transaction, before: datetime, limit: int) -> list[Message]:
    """Unsure messages that were tried before this moment, oldest first."""
    return rows.every(Message, tx.execute(_WAITING, {"before": before, "limit": limit}))


def resend(
    tx: Transaction, message_id: int, now: datetime, by: str = POLICY, reason: str = "unsure", *, ended: bool = False
) -> bool:
    """Queue it again, and keep who wanted it and why: the citizen may get it twice. False when it is not unsure, or,
    for `ended`, neither that nor sent, failed or undelivered."""
    return resend_all(tx, [message_id], now, by, reason, ENDED if ended else ENDED[:1]) == 1


def resend_all(tx: Transaction, ids: list[int], now: datetime, by: str, reason: str, states: list[str]) -> int:
    """The same for many; how many there were in these states."""
    said = {"ids": ids, "states": states, "now": now, "by": by, "reason": reason}
    return tx.execute(_RESEND, said).rowcount


def drop(tx: Transaction, message_id: int, now: datetime) -> bool:
    """Close it as failed: the citizen may never have got it. False when it is no longer unsure."""
    return tx.execute(_DROP, {"ids": [message_id], "now": now}).rowcount == 1


def resend_ripe(
    tx: Transaction, priority: int, before: datetime, now: datetime, times: int = 1, limit: int = 500
) -> int:
    """Queue again what was tried before this moment and not sent again `times` times yet; how many."""
    ripe = {"priority": priority, "before": before, "times": times, "limit": limit}
    ids = list(tx.execute(_RIPE, ripe).scalars())
    return resend_all(tx, ids, now, POLICY, "no word of it", ENDED[:1]) if ids else 0


def drop_ripe(tx: Transaction, priority: int, before: datetime, now: datetime, limit: int = 500) -> int:
    """Close as failed what was tried before this moment; how many."""
    ripe = {"priority": priority, "before": before, "times": 2**31 - 1, "limit": limit}
    ids = list(tx.execute(_RIPE, ripe).scalars())
    return tx.execute(_DROP, {"ids": ids, "now": now}).rowcount if ids else 0
