"""The citizens' way through the screens, written in batches; the views gateway.ussd_path and ussd_funnel read it.

Knows neither screens nor sessions. A step lost with its process is a gap in a statistic and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from store import rows
from store.db import Transaction, driver

KEPT = timedelta(days=90)
"""Raw input and ways are kept so long (services-domain §5.2)."""


class Step(NamedTuple):
    """One screen shown to one session; `exit` is set where it ended the session.

    Written again with the same `step` it counts once, as it was shown first, with the exit that either has.
    """

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
    """One screen of one version in one language on one network: how often shown, how sessions ended there.

    `open` may go on yet; of the `unknown` nobody told how they ended.
    """

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
    open: int
    unknown: int


_FUNNEL = sa.text("SELECT * FROM gateway.ussd_funnel ORDER BY content, language, network, shown DESC, screen")
_PURGE = sa.text("DELETE FROM gateway.ussd_step WHERE at < :before")
_WRITE = f"COPY gateway.ussd_step ({', '.join(Step._fields)}) FROM STDIN"
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NOTHING = r"\N"


def line(step: Step) -> str:
    """The step as `write` takes it: a line of COPY's text format (PostgreSQL's manual, COPY, "File Formats").

    Made by the hop itself: thousands at once would hold its worker up.
    """
    return f"{step.session.translate(_ESCAPED)}\t{step.step}\t{step.at.isoformat()}\t{_shown(*step[3:])}\n"


@lru_cache(4096)
def _shown(screen: str, language: str, network: str | None, content: str, wrong: bool, exit_: str | None) -> str:
    """The words of which there are few."""
    words = (screen, language, network, content, "t" if wrong else "f", exit_)
    return "\t".join(_NOTHING if word is None else word.translate(_ESCAPED) for word in words)


def write(tx: Transaction, lines: Sequence[str]) -> None:
    """Keep these steps; copied, because every hop is one."""
    with driver(tx).cursor().copy(_WRITE.encode()) as copy:
        copy.write("".join(lines))


def funnel(tx: Transaction) -> list[Funnel]:
    """Every screen of every version that anybody saw."""
    return rows.every(Funnel, tx.execute(_FUNNEL))


def purge(tx: Transaction, now: datetime) -> int:
    """Delete what is older than 90 days."""
    return tx.execute(_PURGE, {"before": now - KEPT}).rowcount
