"""What SMS cost, and what is held back: the operator's accounts. Knows no prices but those that providers said."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Line:
    """One directorate and service in one month, in one currency; '' is what is of no case."""

    month: date
    directorate: str
    service: str
    currency: str
    messages: int
    parts: int
    price: Decimal
    long_messages: int


@dataclass(frozen=True, slots=True)
class Held:
    """A message that waits for the morning or for a working day."""

    id: int
    kind: str
    reference: str | None
    held: str
    next_attempt_at: datetime


_LINES = sa.text("""
    SELECT * FROM gateway.sms_ledger WHERE CAST(:month AS date) IS NULL OR month = :month
    ORDER BY month DESC, directorate, service, currency""")
_HELD = sa.text("""
    SELECT id, kind, reference, held, next_attempt_at FROM gateway.message
    WHERE state = 'queued' AND held IS NOT NULL AND next_attempt_at > :now ORDER BY next_attempt_at, id LIMIT :limit""")


def lines(tx: Transaction, month: date | None = None) -> list[Line]:
    """The ledger, of one month (its first day) or of all."""
    return rows.every(Line, tx.execute(_LINES, {"month": month}))


def held(tx: Transaction, now: datetime, limit: int = 500) -> list[Held]:
    """What quiet hours and days off hold back now, in the order in which it will leave."""
    return rows.every(Held, tx.execute(_HELD, {"now": now, "limit": limit}))
