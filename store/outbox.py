"""The outbox: what a message is, how it is put in, and how it is looked up. Knows neither providers nor texts.

How it is claimed for sending is in store/claims.py, what came of that in store/settlement.py; both are offered here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.claims import Claimed, HandOver, claim, due, expire_leases, next_due, release, sending
from store.db import Transaction
from store.settlement import Settlement, settle, settle_all

__all__ = [
    "Claimed",
    "HandOver",
    "Message",
    "NewMessage",
    "Settlement",
    "claim",
    "due",
    "expire_leases",
    "insert",
    "insert_all",
    "next_due",
    "of_reference",
    "release",
    "sending",
    "settle",
    "settle_all",
]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A text for a citizen. Priority 0 answers, 1 notifies, 2 is a broadcast; muted is recorded and never sent.

    `held` says for people why it may not leave before `not_before`.
    """

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
    not_before: datetime | None = None
    held: str | None = None


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
    resends: int
    created_at: datetime
    tried_at: datetime | None
    sent_at: datetime | None
    closed_at: datetime | None


_NAMES = tuple(field.name for field in fields(NewMessage))
_INSERT = sa.text("""
    INSERT INTO gateway.message (event_id, inbound_id, reference, phone, language, kind, text, parts, priority, state,
                                 next_attempt_at, created_at, closed_at, held)
    VALUES (:event_id, :inbound_id, :reference, :phone, :language, :kind, :text, :parts, :priority,
            CASE WHEN CAST(:muted AS boolean) THEN 'muted' ELSE 'queued' END,
            coalesce(:not_before, CAST(:now AS timestamptz)), :now,
            CASE WHEN CAST(:muted AS boolean) THEN CAST(:now AS timestamptz) END, :held)
    ON CONFLICT DO NOTHING RETURNING id""")
_INSERT_ALL = sa.text("""
    INSERT INTO gateway.message (event_id, inbound_id, reference, phone, language, kind, text, parts, priority, state,
                                 next_attempt_at, created_at, closed_at, held)
    SELECT event_id, inbound_id, reference, phone, language, kind, text, parts, priority,
           CASE WHEN muted THEN 'muted' ELSE 'queued' END, coalesce(not_before, :now), :now,
           CASE WHEN muted THEN CAST(:now AS timestamptz) END, held
    FROM unnest(CAST(:event_id AS bigint[]), CAST(:inbound_id AS bigint[]), CAST(:reference AS text[]),
                CAST(:phone AS text[]), CAST(:language AS text[]), CAST(:kind AS text[]), CAST(:text AS text[]),
                CAST(:parts AS int[]), CAST(:priority AS int[]), CAST(:muted AS boolean[]),
                CAST(:not_before AS timestamptz[]), CAST(:held AS text[]))
        WITH ORDINALITY AS n (event_id, inbound_id, reference, phone, language, kind, text, parts, priority, muted,
                              not_before, held, at)
    ORDER BY at
    ON CONFLICT DO NOTHING""")
_OF_REFERENCE = sa.text("SELECT * FROM gateway.message WHERE reference = :reference ORDER BY id")


def insert(tx: Transaction, new: NewMessage, now: datetime) -> int | None:
    """Its id, due now. None: the event, or the incoming message, already has its message."""
    values = {name: getattr(new, name) for name in _NAMES}
    number: int | None = tx.execute(_INSERT, {**values, "now": now}).scalar()
    return number


def insert_all(tx: Transaction, new: Sequence[NewMessage], now: datetime) -> None:
    """The same for many messages in one statement; what already has its message is left out."""
    if new:
        columns = {name: [getattr(each, name) for each in new] for name in _NAMES}
        tx.execute(_INSERT_ALL, {**columns, "now": now})


def of_reference(tx: Transaction, reference: str) -> list[Message]:
    """Messages about a case, oldest first."""
    return rows.every(Message, tx.execute(_OF_REFERENCE, {"reference": reference}))
