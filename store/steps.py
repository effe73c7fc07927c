"""The citizens' way through the screens, written in batches; the views gateway.ussd_path and ussd_funnel read it.

Knows neither screens nor sessions. A step lost with its process is a gap in a statistic and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import rows
from store.db import Transaction, driver

KEPT = timedelta(days=90)
"""Raw input and ways are kept so long (services-domain §5.2)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One screen shown to one session; `exit` is set where it ended the session."""

    session: str
    step: int
    at: datetime
    screen: str
    language: str
    network: str | None
    content: str
    wrong: bool
    exit: str | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """One screen of one version in one language on one network: how often shown, how sessions ended there."""

    content: str
    language: str
    network: str | None
    screen: str
    shown: int
    wrong: int
    median_seconds: float | None
    done: int
    left: int
    timed_out: int
    error: int
    deadline: int


_FUNNEL = sa.text("SELECT * FROM gateway.ussd_funnel ORDER BY content, language, network, shown DESC, screen")
_PURGE = sa.text("DELETE FROM gateway.ussd_step WHERE at < :before")
_NAMES = rows.names(Step)
_WRITE = f"COPY gateway.ussd_step ({', '.join(_NAMES)}) FROM STDIN"


def write(tx: Transaction, steps: Sequence[Step]) -> None:
    """Keep these steps; copied, because every hop is one."""
    with driver(tx).cursor().copy(_WRITE.encode()) as copy:
        for step in steps:
            copy.write_row([getattr(step, name) for name in _NAMES])


def funnel(tx: Transaction) -> list[Funnel]:
    """Every screen of every version that anybody saw."""
    return rows.every(Funnel, tx.execute(_FUNNEL))


def purge(tx: Transaction, now: datetime) -> int:
    """Delete what is older than 90 days."""
    return tx.execute(_PURGE, {"before": now - KEPT}).rowcount
