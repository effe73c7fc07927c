"""What SMS cost, and what is held back: the operator's accounts. Knows no prices but those that providers said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
    service: str | None
    directorate: str | None
    held: str
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Cost:
    """One directorate and service over some days, in one currency; None is what is of no case, or no known price."""

    directorate: str | None
    service: str | None
    currency: str | None
    messages: int
    parts: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose messages are meant: `everything`, else those of cases of a directorate or of some services."""

    everything: bool
    directorate: str = ""
    services: Sequence[str] = ()


EVERYTHING = Reach(True)
_REACHED = """(CAST(:everything AS boolean) OR a.directorate = :directorate
               OR a.service = ANY(CAST(:services AS text[])))"""


_LINES = sa.text("""
    SELECT * FROM gateway.sms_ledger WHERE CAST(:month AS date) IS NULL OR month = :month
    ORDER BY month DESC, directorate, service, currency""")
_HELD = sa.text(f"""
    SELECT m.id, m.kind, m.reference, a.service, a.directorate, m.held, m.next_attempt_at
    FROM gateway.message m LEFT JOIN public.application a ON a.reference = m.reference
    WHERE m.state = 'queued' AND m.held IS NOT NULL AND m.next_attempt_at > :now AND {_REACHED}
    ORDER BY m.next_attempt_at, m.id LIMIT :limit""")  # noqa: S608
_COSTS = sa.text(f"""
    SELECT a.directorate, a.service, substring(t.cost FROM '^([A-Z]{{3}}) ') AS currency, count(*) AS messages,
           sum(t.parts) AS parts,
           coalesce(sum(substring(t.cost FROM '^[A-Z]{{3}} ([0-9]+(?:\\.[0-9]+)?)$')::numeric), 0) AS price
    FROM gateway.attempt t
    JOIN gateway.message m ON m.id = t.message_id
    LEFT JOIN public.application a ON a.reference = m.reference
    WHERE t.outcome = 'sent' AND t.at >= :since AND t.at < :until AND {_REACHED}
    GROUP BY 1, 2, 3 ORDER BY 1 NULLS LAST, 2, 3""")  # noqa: S608


def lines(tx: Transaction, month: date | None = None) -> list[Line]:
    """The ledger, of one month (its first day) or of all."""
    return rows.every(Line, tx.execute(_LINES, {"month": month}))


def costs(tx: Transaction, since: datetime, until: datetime, reach: Reach = EVERYTHING) -> list[Cost]:
    """What was sent from a moment until before another, by directorate, service and currency."""
    return rows.every(Cost, tx.execute(_COSTS, {"since": since, "until": until, **_meant(reach)}))


def held(tx: Transaction, now: datetime, reach: Reach = EVERYTHING, limit: int = 500) -> list[Held]:
    """What quiet hours and days off hold back now, in the order in which it will leave."""
    return rows.every(Held, tx.execute(_HELD, {"now": now, "limit": limit, **_meant(reach)}))


def _meant(reach: Reach) -> dict[str, Any]:
    return {"everything": reach.everything, "directorate": reach.directorate, "services": list(reach.services)}
