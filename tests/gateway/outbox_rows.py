"""Messages put into the outbox and looked at, for tests of the sending side."""

from datetime import UTC, datetime

import sqlalchemy as sa

from store import outbox
from store.db import Database

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def now() -> datetime:
    return NOW


def phone(number: int) -> str:
    return f"+96477{number:08d}"


def queue(db: Database, number: int, text: str = "", reference: str | None = None) -> int:
    """A message for `phone(number)`, due now; its id."""
    new = outbox.NewMessage(
        phone=phone(number),
        language="ar",
        kind="ack",
        text=text or f"نص {number}",
        parts=1,
        priority=1,
        reference=reference,
    )
    with db.transaction() as tx:
        message_id = outbox.insert(tx, new, NOW)
    assert message_id is not None
    return message_id


def states(db: Database) -> list[str]:
    """Every message's state, by id."""
    with db.transaction() as tx:
        return list(tx.execute(sa.text("SELECT state FROM gateway.message ORDER BY id")).scalars())
