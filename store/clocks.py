"""When each open case next needs the system, and the governorate's own days. Computes nothing.

A clock is only a note of what the history says: rows that are lost or old are counted again, none is believed blindly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class ClockRow:
    """The clocks of one version of a case under one set of rules. `used`: working days of the case's clock."""

    reference: str
    version: int
    rules: str
    turn: str
    since: datetime
    state_due_at: datetime
    case_due_at: datetime | None
    used: int
    level: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day off that the library does not know, or (`working`) one that is worked all the same."""

    day: date
    working: bool
    name_ar: str
    name_en: str


_NAMES = [field.name for field in fields(ClockRow)]
_TYPES = {
    "reference": "char(8)",
    "version": "integer",
    "used": "integer",
    "level": "smallint",
    **dict.fromkeys(("since", "state_due_at", "case_due_at", "next_at"), "timestamptz"),
}
_PUT = sa.text(f"""
    INSERT INTO gateway.clock AS held ({", ".join(_NAMES)})
    SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in _NAMES)})
        AS given ({", ".join(_NAMES)}) ORDER BY reference
    ON CONFLICT (reference) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES[1:])}
    WHERE held.version <= excluded.version""")  # noqa: S608 - the names are this module's own
_FIND = sa.text("SELECT * FROM gateway.clock WHERE reference = :reference")
_STOP = sa.text("""
    DELETE FROM gateway.clock held USING unnest(CAST(:references AS char(8)[]), CAST(:versions AS integer[]))
        AS given (reference, version)
    WHERE held.reference = given.reference AND held.version <= given.version""")
_DUE = sa.text("""
    SELECT reference FROM gateway.clock WHERE next_at <= :now ORDER BY next_at, reference LIMIT :limit""")
# Two ranges, because <> uses no index.
_OUTDATED = sa.text("""
    (SELECT reference FROM gateway.clock WHERE rules < :rules LIMIT :limit)
    UNION ALL (SELECT reference FROM gateway.clock WHERE rules > :rules LIMIT :limit) LIMIT :limit""")
_UNWOUND = sa.text("""
    SELECT a.reference FROM public.application a
    JOIN gateway.service_state s ON s.service = a.service AND s.state = a.state AND NOT s.final
    LEFT JOIN gateway.clock c ON c.reference = a.reference
    WHERE c.version IS DISTINCT FROM a.version LIMIT :limit""")
_DAYS = sa.text("SELECT * FROM gateway.special_day ORDER BY day")
_SET_DAY = sa.text("""
    INSERT INTO gateway.special_day (day, working, name_ar, name_en, set_at)
    VALUES (:day, :working, :name_ar, :name_en, :now)
    ON CONFLICT (day) DO UPDATE SET working = excluded.working, name_ar = excluded.name_ar,
        name_en = excluded.name_en, set_at = excluded.set_at""")
_FORGET_DAY = sa.text("DELETE FROM gateway.special_day WHERE day = :day")


def put(tx: Transaction, given: Sequence[ClockRow]) -> None:
    """Note the clocks of cases; those of a newer version stay."""
    if given:
        tx.execute(_PUT, {name: [getattr(row, name) for row in given] for name in _NAMES})


def find(tx: Transaction, reference: str) -> ClockRow | None:
    """The clocks of a case, None when it waits for nobody or they have not been noted yet."""
    return rows.first(ClockRow, tx.execute(_FIND, {"reference": reference}))


def stop(tx: Transaction, cases: Sequence[tuple[str, int]]) -> None:
    """Cases, (reference, version), that need no clock any more."""
    if cases:
        references, versions = zip(*cases, strict=True)
        tx.execute(_STOP, {"references": list(references), "versions": list(versions)})


def due(tx: Transaction, now: datetime, limit: int) -> list[str]:
    """Cases whose clock has run out, the longest waiting first. Nothing is locked."""
    return list(tx.execute(_DUE, {"now": now, "limit": limit}).scalars())


def outdated(tx: Transaction, rules: str, limit: int) -> list[str]:
    """Cases whose clocks were read by other rules."""
    return list(tx.execute(_OUTDATED, {"rules": rules, "limit": limit}).scalars())


def unwound(tx: Transaction, limit: int) -> list[str]:
    """Open cases without clocks of their newest version; reads the whole table."""
    tx.execute(sa.text("SET LOCAL statement_timeout = '60s'"))
    return list(tx.execute(_UNWOUND, {"limit": limit}).scalars())


def special_days(tx: Transaction) -> Sequence[SpecialDay]:
    """The governorate's own days, by date."""
    return rows.every(SpecialDay, tx.execute(_DAYS))


def set_day(tx: Transaction, day: SpecialDay, now: datetime) -> None:
    """Add or change a day."""
    values = {"day": day.day, "working": day.working, "name_ar": day.name_ar, "name_en": day.name_en}
    tx.execute(_SET_DAY, {**values, "now": now})


def forget_day(tx: Transaction, day: date) -> bool:
    """Take a day away; whether it was there."""
    return tx.execute(_FORGET_DAY, {"day": day}).rowcount > 0
