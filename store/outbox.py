"""The outbox: messages wait, are claimed, are being sent. What came of it is written by store/settlement.py.

A claim is a lease and says nothing about the provider: it can be given back. `sending` is written just before the
request leaves, so a message that a dead worker left there may have gone out, and is never sent again by itself.
Knows neither providers nor texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import rows
from store.db import Transaction
from store.settlement import Settlement, settle

__all__ = [
    "Message",
    "NewMessage",
    "Settlement",
    "claim",
    "counts",
    "due",
    "expire_leases",
    "insert",
    "next_due",
    "of_reference",
    "release",
    "sending",
    "settle",
]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A text for a citizen. Priority 0 answers, 1 notifies, 2 is a broadcast; muted is recorded and never sent."""

    phone: str
    language: str
    kind: str
    text: str
    parts: int
    priority: int
    reference: str | None = None
    event_id: int | None = None
    inbound_id: int | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `attempts` counts those that reached for the provider, `error` is the last thing that went wrong."""

    id: int
    event_id: int | None
    inbound_id: int | None
    reference: str | None
    phone: str
    language: str
    kind: str
    text: str
    parts: int
    priority: int
    state: str
    attempts: int
    next_attempt_at: datetime
    lease_until: datetime | None
    provider: str | None
    provider_id: str | None
    error: str | None
    cost: str | None
    created_at: datetime
    sent_at: datetime | None
    closed_at: datetime | None


_INSERT = sa.text("""
    INSERT INTO gateway.message (event_id, inbound_id, reference, phone, language, kind, text, parts, priority, state,
                                 next_attempt_at, created_at, closed_at)
    VALUES (:event_id, :inbound_id, :reference, :phone, :language, :kind, :text, :parts, :priority,
            CASE WHEN CAST(:muted AS boolean) THEN 'muted' ELSE 'queued' END, :now, :now,
            CASE WHEN CAST(:muted AS boolean) THEN CAST(:now AS timestamptz) END)
    ON CONFLICT DO NOTHING RETURNING id""")
_CLAIM = sa.text("""
    WITH taken AS (
        SELECT id FROM gateway.next_in_lane WHERE next_attempt_at <= :now
        ORDER BY priority, id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE gateway.message m SET state = 'claimed', lease_until = :lease_until
    FROM taken WHERE m.id = taken.id RETURNING m.*""")
_SENDING = sa.text("""
    UPDATE gateway.message SET state = 'sending', lease_until = :lease_until
    WHERE id = ANY(:ids) AND state = 'claimed' RETURNING id""")
_RELEASE = sa.text("""
    UPDATE gateway.message SET state = 'queued', lease_until = NULL WHERE id = ANY(:ids) AND state = 'claimed'""")
_LAPSED_CLAIMS = sa.text("""
    UPDATE gateway.message SET state = 'queued', lease_until = NULL WHERE state = 'claimed' AND lease_until < :now""")
_LAPSED_SENDS = sa.text("""
    UPDATE gateway.message SET state = 'unsure', lease_until = NULL, attempts = attempts + 1,
        error = 'the worker stopped while it was sending'
    WHERE state = 'sending' AND lease_until < :now""")
_DUE = sa.text("SELECT EXISTS (SELECT FROM gateway.next_in_lane WHERE next_attempt_at <= :now)")
_NEXT_DUE = sa.text("SELECT min(next_attempt_at) FROM gateway.next_in_lane")
_OF_REFERENCE = sa.text("SELECT * FROM gateway.message WHERE reference = :reference ORDER BY id")
_ASKED = sa.text("""
    SELECT * FROM gateway.message WHERE phone = :phone AND kind = :kind AND created_at >= :since
    ORDER BY id DESC LIMIT 1""")
_COUNTS = sa.text("SELECT state, count(*) AS number FROM gateway.message GROUP BY state")


def insert(tx: Transaction, new: NewMessage, now: datetime) -> int | None:
    """Its id, due now. None: the event, or the incoming message, already has its message."""
    values = {field.name: getattr(new, field.name) for field in fields(NewMessage)}
    number: int | None = tx.execute(_INSERT, {**values, "now": now}).scalar()
    return number


def claim(tx: Transaction, limit: int, now: datetime, lease_s: float) -> list[Message]:
    """Up to `limit` due messages, by priority and then age, leased for `lease_s` seconds to this caller alone.

    A lane (the case, else the phone) has one message under way at a time; a batch never holds two of the same lane.
    """
    leased = {"limit": limit, "now": now, "lease_until": now + timedelta(seconds=lease_s)}
    return sorted(rows.every(Message, tx.execute(_CLAIM, leased)), key=lambda message: (message.priority, message.id))


def sending(tx: Transaction, ids: Sequence[int], now: datetime, lease_s: float = 120) -> list[int]:
    """Those of the claimed `ids` that the caller may now give to the provider, and must settle within `lease_s`.

    The others were taken back when their lease ran out: they are someone else's.
    """
    leased = {"ids": list(ids), "lease_until": now + timedelta(seconds=lease_s)}
    return sorted(tx.execute(_SENDING, leased).scalars())


def release(tx: Transaction, ids: Sequence[int]) -> None:
    """Give claimed messages back unsent."""
    tx.execute(_RELEASE, {"ids": list(ids)})


def expire_leases(tx: Transaction, now: datetime) -> tuple[int, int]:
    """How many lapsed claims are queued again, and how many that were being sent became unsure."""
    return tx.execute(_LAPSED_CLAIMS, {"now": now}).rowcount, tx.execute(_LAPSED_SENDS, {"now": now}).rowcount


def due(tx: Transaction, now: datetime) -> bool:
    """Whether `claim` would find a message."""
    return bool(tx.execute(_DUE, {"now": now}).scalar())


def next_due(tx: Transaction) -> datetime | None:
    """When `claim` will find a message, as far as the store knows now; None when nothing waits."""
    moment: datetime | None = tx.execute(_NEXT_DUE).scalar()
    return moment


def of_reference(tx: Transaction, reference: str) -> list[Message]:
    """Messages about a case, oldest first."""
    return rows.every(Message, tx.execute(_OF_REFERENCE, {"reference": reference}))


def latest(tx: Transaction, phone: str, kind: str, since: datetime) -> Message | None:
    """The newest message of a kind to a phone, made at or after `since`."""
    return rows.first(Message, tx.execute(_ASKED, {"phone": phone, "kind": kind, "since": since}))


def counts(tx: Transaction) -> dict[str, int]:
    """How many messages are in each state that has any."""
    return {row.state: row.number for row in tx.execute(_COUNTS)}
