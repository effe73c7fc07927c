"""The measures to publish: gathered now and then, read with small cells empty. Decides nothing of what they mean."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from store.db import Transaction

GATHERED = ("case_count", "message_count", "text_count", "session_count", "screen_count")
VIEWS = ("services", "ussd", "screens", "texts")

_PATIENTLY = sa.text("SET LOCAL statement_timeout = '300s'")
_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(4968, 0)")
_GATHER = {name: sa.text(f"REFRESH MATERIALIZED VIEW CONCURRENTLY gateway.{name}") for name in GATHERED}
_READ = {name: sa.text(f"SELECT * FROM measures.{name} WHERE month >= :since ORDER BY 1, 2") for name in VIEWS}  # noqa: S608
_HELD = sa.text("SELECT array_agg(number ORDER BY day), min(day) FROM gateway.workday")
_CLEAR = sa.text("DELETE FROM gateway.workday")
_WORKDAYS = sa.text("""
    INSERT INTO gateway.workday (day, number)
    SELECT * FROM unnest(CAST(:days AS date[]), CAST(:numbers AS integer[]))""")


def gather(tx: Transaction) -> bool:
    """Count anew; readers go on with the counts before. False when another process is at it."""
    tx.execute(_PATIENTLY)
    if not tx.execute(_LOCK).scalar_one():
        return False
    for statement in _GATHER.values():
        tx.execute(statement)
    return True


def read(tx: Transaction, since: date) -> dict[str, list[dict[str, Any]]]:
    """Every published view from the month of `since` on; an empty cell counts fewer than five."""
    first = since.replace(day=1)
    return {name: [dict(row._mapping) for row in tx.execute(_READ[name], {"since": first})] for name in VIEWS}


def set_workdays(tx: Transaction, numbers: Mapping[date, int]) -> None:
    """The number of working days up to and with each day, from an arbitrary start."""
    days, counts = list(numbers), list(numbers.values())
    if tuple(tx.execute(_HELD).one()) == (counts, days[0]):
        return
    tx.execute(_CLEAR)
    tx.execute(_WORKDAYS, {"days": days, "numbers": counts})
