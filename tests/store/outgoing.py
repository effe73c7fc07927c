"""Messages for these tests: put one into the outbox, take it to a state, read it back."""

from datetime import datetime

import sqlalchemy as sa

from store import outbox, rows
from store.db import Database
from store.outbox import HandOver, Message, NewMessage, Settlement
from tests.store.workflow import NOW, PHONE

_BY_ID = sa.text("SELECT * FROM gateway.message WHERE id = :id")

CASES = ("24839174", "31415922", "27182818")


def queued(
    db: Database, reference: str | None = None, *, priority: int = 1, phone: str = PHONE, now: datetime = NOW
) -> int:
    """The id of a new message."""
    with db.transaction() as tx:
        number = outbox.insert(tx, NewMessage(phone, "ar", "ack", "استلمنا", 1, priority, reference), now)
    assert number is not None
    return number


def claimed(db: Database, limit: int = 10, now: datetime = NOW, lease_s: float = 30) -> list[int]:
    """The ids that a claim takes, in its order."""
    with db.transaction() as tx:
        return [message.id for message in outbox.claim(tx, limit, now, lease_s)]


def under_way(db: Database, reference: str | None = None) -> int:
    """The id of a message that is being sent."""
    number = queued(db, reference)
    assert claimed(db) == [number]
    with db.transaction() as tx:
        assert outbox.sending(tx, [HandOver(number, "sim")], NOW) == [number]
    return number


def settle(db: Database, number: int, settlement: Settlement, now: datetime = NOW) -> bool:
    """Settle in a transaction of its own."""
    with db.transaction() as tx:
        return outbox.settle(tx, number, settlement, now)


def message(db: Database, number: int) -> Message:
    """The message as it is now."""
    with db.transaction() as tx:
        return rows.value(Message, tx.execute(_BY_ID, {"id": number}).one())
