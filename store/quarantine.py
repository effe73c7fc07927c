"""Senders that are not answered, why, and since when. Decides nothing: it keeps the list for handlers and people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from store import rows
from store.db import Transaction

Reason = Literal["no phone", "our own number", "automatic", "echo", "repeats", "flood", "references"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One sender in quarantine; `until` None: until it is released. `messages` were stored and not answered."""

    id: int
    phone: str
    reason: str
    messages: int
    first_at: datetime
    last_at: datetime
    until: datetime | None
    released_at: datetime | None
    released_by: str | None


_PUT = sa.text("""
    INSERT INTO gateway.quarantine AS q (phone, reason, first_at, last_at, until)
    VALUES (:phone, :reason, :now, :now, :until)
    ON CONFLICT (phone, reason) WHERE released_at IS NULL DO UPDATE SET
        messages = q.messages + 1, last_at = excluded.last_at, until = greatest(q.until, excluded.until)""")
_RELEASED_AT = sa.text("SELECT max(released_at) FROM gateway.quarantine WHERE phone = :phone")
_LISTED = sa.text("""
    SELECT * FROM gateway.quarantine WHERE released_at IS NULL AND (until IS NULL OR until > :now)
    ORDER BY last_at DESC LIMIT :limit""")
_RELEASE = sa.text("""
    UPDATE gateway.quarantine SET released_at = :now, released_by = :by WHERE phone = :phone AND released_at IS NULL""")


def put(tx: Transaction, phone: str, reason: Reason, until: datetime | None, now: datetime) -> None:
    """Keep this sender quiet; one more message when it is kept already."""
    tx.execute(_PUT, {"phone": phone, "reason": reason, "until": until, "now": now})


def released_at(tx: Transaction, phone: str) -> datetime | None:
    """When a person last released this sender: what it did before does not count."""
    moment: datetime | None = tx.execute(_RELEASED_AT, {"phone": phone}).scalar()
    return moment


def listed(tx: Transaction, now: datetime, limit: int = 200) -> list[Kept]:
    """Who is kept quiet now, the latest first."""
    return rows.every(Kept, tx.execute(_LISTED, {"now": now, "limit": limit}))


def release(tx: Transaction, phone: str, by: str, now: datetime) -> int:
    """Let a sender be answered again; how many reasons it had."""
    return tx.execute(_RELEASE, {"phone": phone, "by": by, "now": now}).rowcount
