"""A case of which somebody asks, before anything proves it: one row whether the case exists or not.

What is read of it is small and never empty, so that the time of an answer does not tell whether there is such a case.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Glance:
    """The `reference` as it was given; the rest is None where there is no such case. `card` as it is kept, sealed."""

    reference: str
    phone: str | None
    service: str | None
    state: str | None
    directorate: str | None
    due_at: datetime | None
    card: str | None


_LOOK = sa.text("""
    SELECT given.reference, a.phone, a.service, a.state, a.directorate, a.due_at, p.card
    FROM (SELECT CAST(:reference AS char(8)) AS reference) AS given
    LEFT JOIN public.application a USING (reference)
    LEFT JOIN gateway.person p ON p.phone = a.phone""")


def look(tx: Transaction, reference: str) -> Glance:
    """What there is under this reference."""
    return rows.value(Glance, tx.execute(_LOOK, {"reference": reference}).one())
