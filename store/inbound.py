"""Incoming messages: each stored once, and handled once. Understands none of them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from a citizen; `failures` counts the times that handling it broke."""

    id: int
    provider: str
    provider_id: str
    phone: str
    sent_to: str
    text: str
    received_at: datetime
    handled_at: datetime | None
    failures: int
    intent: str | None


_RECORD = sa.text("""
    INSERT INTO gateway.inbound (provider, provider_id, phone, sent_to, text, received_at)
    VALUES (:provider, :provider_id, :phone, :sent_to, :text, :now)
    ON CONFLICT (provider, provider_id) DO NOTHING RETURNING id""")
_LOCK = sa.text("SELECT * FROM gateway.inbound WHERE id = :id AND handled_at IS NULL FOR UPDATE SKIP LOCKED")
_HANDLED = sa.text("UPDATE gateway.inbound SET handled_at = :now, intent = :intent WHERE id = :id")
_REWORDED = sa.text("UPDATE gateway.inbound SET text = :text WHERE id = :id")
_FAILED = sa.text("UPDATE gateway.inbound SET failures = failures + 1 WHERE id = :id")
_UNHANDLED = sa.text("""
    SELECT id FROM gateway.inbound WHERE handled_at IS NULL AND received_at < :older_than
    ORDER BY failures, id LIMIT :limit""")


def record(
    tx: Transaction, provider: str, provider_id: str, phone: str, sent_to: str, text: str, now: datetime
) -> int | None:
    """Its number here; None when the provider repeats itself."""
    said = {"provider": provider, "provider_id": provider_id, "phone": phone, "sent_to": sent_to, "text": text}
    number: int | None = tx.execute(_RECORD, {**said, "now": now}).scalar()
    return number


def lock(tx: Transaction, inbound_id: int) -> Inbound | None:
    """The message, for this transaction alone; None when it is handled, or in another's hands."""
    return rows.first(Inbound, tx.execute(_LOCK, {"id": inbound_id}))


def handled(tx: Transaction, inbound_id: int, intent: str, now: datetime) -> None:
    """It was understood as `intent`, and is done."""
    tx.execute(_HANDLED, {"id": inbound_id, "intent": intent, "now": now})


def reworded(tx: Transaction, inbound_id: int, text: str) -> None:
    """Keep this instead of what it said."""
    tx.execute(_REWORDED, {"id": inbound_id, "text": text})


def failed(tx: Transaction, inbound_id: int) -> None:
    """Handling it broke once more."""
    tx.execute(_FAILED, {"id": inbound_id})


def unhandled(tx: Transaction, older_than: datetime, limit: int) -> list[int]:
    """Messages received before this moment that nobody has handled; those that failed least come first."""
    return list(tx.execute(_UNHANDLED, {"older_than": older_than, "limit": limit}).scalars())
