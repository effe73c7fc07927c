"""Broadcasts, the list of phones that each goes to, and how far it is. Knows no right, no text rule and no pace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    """A proposal. `texts` by language; pace in parts a minute; `urgent` may go in quiet hours."""

    title: str
    audience: Mapping[str, Any]
    texts: Mapping[str, str]
    urgent: bool
    parts_per_minute: int
    directorate: str
    author: str
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast; `steps` are {"at", "by", "action"}, `paid_until` is the moment up to which its pace is used."""

    id: int
    title: str
    audience: dict[str, Any]
    texts: dict[str, str]
    urgent: bool
    parts_per_minute: int
    directorate: str
    author: str
    approver: str | None
    state: str
    steps: list[dict[str, str]]
    paid_until: datetime | None
    not_before: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """A phone on the list; `wants` is False when it asked for no news since."""

    phone: str
    language: str
    wants: bool


_ADD = sa.text("""
    INSERT INTO gateway.broadcast (title, audience, texts, urgent, parts_per_minute, directorate, author, not_before,
                                   steps, created_at)
    VALUES (:title, :audience, :texts, :urgent, :parts_per_minute, :directorate, :author, :not_before, :steps, :now)
    RETURNING *""")
_FIND = sa.text("SELECT * FROM gateway.broadcast WHERE id = :id")
_LOCK = sa.text("SELECT * FROM gateway.broadcast WHERE id = :id FOR UPDATE")
_NEWEST = sa.text("""
    SELECT * FROM gateway.broadcast WHERE CAST(:directorate AS text) IS NULL OR directorate = :directorate
    ORDER BY id DESC LIMIT :limit""")
_STEP = sa.text("""
    UPDATE gateway.broadcast SET state = :state, steps = steps || :step, approver = coalesce(:approver, approver)
    WHERE id = :id RETURNING *""")
_RUNNING = sa.text("""
    SELECT * FROM gateway.broadcast WHERE state = 'running' AND coalesce(not_before <= :now, true)
    ORDER BY id FOR UPDATE SKIP LOCKED""")
_WAITING = sa.text("""
    SELECT r.phone, coalesce(p.language, 'ar') AS language,
           coalesce(p.news_at IS NOT NULL AND p.stopped_at IS NULL, false) AS wants
    FROM gateway.broadcast_recipient r LEFT JOIN gateway.person p USING (phone)
    WHERE r.broadcast_id = :id AND r.state = 'waiting' ORDER BY r.phone LIMIT :limit""")
_MARK = sa.text("""
    UPDATE gateway.broadcast_recipient SET state = :state, message_id = :message_id
    WHERE broadcast_id = :id AND phone = :phone""")
_PAY = sa.text("UPDATE gateway.broadcast SET paid_until = :paid_until WHERE id = :id")
_PROGRESS = sa.text("""
    SELECT CASE r.state WHEN 'queued' THEN coalesce(m.state, 'sent') ELSE r.state END AS state, count(*) AS number,
           coalesce(sum(m.parts), 0) AS parts
    FROM gateway.broadcast_recipient r LEFT JOIN gateway.message m ON m.id = r.message_id
    WHERE r.broadcast_id = :id GROUP BY 1""")
_BACKLOG = sa.text(
    "SELECT coalesce(sum(parts), 0) FROM gateway.message WHERE state = 'queued' AND priority = :priority"
)
_PRICE = sa.text("""
    SELECT cost, parts FROM gateway.message WHERE cost ~ '^[A-Z]{3} [0-9]+(\\.[0-9]+)?$' AND parts > 0
    ORDER BY id DESC LIMIT 1""")


def price(tx: Transaction) -> tuple[str, float] | None:
    """(currency, price) of one part, as the provider last charged it; None while nothing was charged."""
    row = tx.execute(_PRICE).first()
    if row is None:
        return None
    currency, amount = row.cost.split(" ")
    return currency, float(amount) / row.parts


def add(tx: Transaction, new: NewBroadcast, now: datetime) -> Broadcast:
    """The new proposal."""
    values = {name: getattr(new, name) for name in NewBroadcast.__slots__}
    values |= {"audience": Jsonb(dict(new.audience)), "texts": Jsonb(dict(new.texts)), "now": now}
    result = tx.execute(_ADD, {**values, "steps": Jsonb([_step("propose", new.author, now)])})
    return rows.value(Broadcast, result.one())


def find(tx: Transaction, number: int) -> Broadcast | None:
    """The broadcast with this number."""
    return rows.first(Broadcast, tx.execute(_FIND, {"id": number}))


def lock(tx: Transaction, number: int) -> Broadcast | None:
    """The broadcast, kept from others until the transaction ends."""
    return rows.first(Broadcast, tx.execute(_LOCK, {"id": number}))


def newest(tx: Transaction, directorate: str | None, limit: int = 50) -> list[Broadcast]:
    """Broadcasts of a directorate (None: all), newest first."""
    return rows.every(Broadcast, tx.execute(_NEWEST, {"directorate": directorate, "limit": limit}))


def step(
    tx: Transaction, number: int, state: str, action: str, by: str, now: datetime, *, approver: str | None = None
) -> Broadcast:
    """The broadcast in its next state, with who did what written down."""
    values = {"id": number, "state": state, "approver": approver, "step": Jsonb([_step(action, by, now)])}
    return rows.value(Broadcast, tx.execute(_STEP, values).one())


def _step(action: str, by: str, now: datetime) -> dict[str, str]:
    return {"at": now.isoformat(), "by": by, "action": action}


def running(tx: Transaction, now: datetime) -> list[Broadcast]:
    """Broadcasts that may be sent now, kept from other feeders; those that another has are left out."""
    return rows.every(Broadcast, tx.execute(_RUNNING, {"now": now}))


def waiting(tx: Transaction, number: int, limit: int) -> list[Recipient]:
    """The next phones on the list."""
    return rows.every(Recipient, tx.execute(_WAITING, {"id": number, "limit": limit}))


def queued(tx: Transaction, number: int, messages: Mapping[str, int]) -> None:
    """These phones have their messages."""
    marks = [{"id": number, "phone": phone, "state": "queued", "message_id": m} for phone, m in messages.items()]
    if marks:
        tx.execute(_MARK, marks)


def skipped(tx: Transaction, number: int, phones: Sequence[str]) -> None:
    """These phones asked for no news since the list was made."""
    if phones:
        tx.execute(_MARK, [{"id": number, "phone": each, "state": "skipped", "message_id": None} for each in phones])


def pay(tx: Transaction, number: int, paid_until: datetime) -> None:
    """The pace is used up to this moment."""
    tx.execute(_PAY, {"id": number, "paid_until": paid_until})


def backlog(tx: Transaction, priority: int) -> int:
    """Parts of this priority that wait in the outbox."""
    return int(tx.execute(_BACKLOG, {"priority": priority}).scalar() or 0)


def progress(tx: Transaction, number: int) -> dict[str, tuple[int, int]]:
    """(phones, parts) by state: waiting, skipped, or that of the message."""
    return {row.state: (row.number, int(row.parts)) for row in tx.execute(_PROGRESS, {"id": number})}
