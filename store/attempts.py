"""Attempts: every time that a message was given to a provider, and what came of it. Only read here; see settlement."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; `parts` are segments, `cost` is as the provider wrote it, latency in ms."""

    message_id: int
    provider: str
    at: datetime
    outcome: str
    provider_id: str | None
    code: str | None
    detail: str | None
    parts: int
    cost: str | None
    latency_ms: int | None


_OF_MESSAGE = sa.text("SELECT * FROM gateway.attempt WHERE message_id = :id ORDER BY id")


def of_message(tx: Transaction, message_id: int) -> list[Attempt]:
    """Every attempt to send a message, oldest first."""
    return rows.every(Attempt, tx.execute(_OF_MESSAGE, {"id": message_id}))
