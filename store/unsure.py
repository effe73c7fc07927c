"""Messages of which nobody knows whether the provider took them: listed, and closed by a policy or a person."""

from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction
from store.outbox import Message

_WAITING = sa.text("""
    SELECT * FROM gateway.message
    WHERE state = 'unsure' AND next_attempt_at < :before ORDER BY id LIMIT :limit""")
_RESEND = sa.text("""
    UPDATE gateway.message SET state = 'queued', next_attempt_at = :now WHERE id = :id AND state = 'unsure'""")
_DROP = sa.text("""
    UPDATE gateway.message SET state = 'failed', closed_at = :now WHERE id = :id AND state = 'unsure'""")


def waiting(tx: Transaction, before: datetime, limit: int) -> list[Message]:
    """Unsure messages that were due before this moment, oldest first."""
    return rows.every(Message, tx.execute(_WAITING, {"before": before, "limit": limit}))


def resend(tx: Transaction, message_id: int, now: datetime) -> bool:
    """Queue it again: the citizen may get it twice. False when it is no longer unsure."""
    return tx.execute(_RESEND, {"id": message_id, "now": now}).rowcount == 1


def drop(tx: Transaction, message_id: int, now: datetime) -> bool:
    """Close it as failed: the citizen may never have got it. False when it is no longer unsure."""
    return tx.execute(_DROP, {"id": message_id, "now": now}).rowcount == 1
