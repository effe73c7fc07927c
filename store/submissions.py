"""Citizens' submissions as the store takes them: one question before, then the cases and all that comes with them.

Two statements for however many, of the driver's own, because every application by phone makes them (docs/adr/0014);
what they take is one text of JSON, for that is the cheapest to say. Knows neither forms nor texts; a case that other
systems or a counter enter goes another way (store/applications.py, store/events.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from pydantic_core import to_json

from store import rows
from store.acts import refusals
from store.cases import Application
from store.clocks import ClockRow, SpecialDay
from store.db import Transaction, asked
from store.outbox import NewMessage
from store.people import Person


@dataclass(frozen=True, slots=True)
class Before:
    """What is known ahead of a submission. `earlier`: the case that this key has made already.

    `reference`: one that is free. `is_dropped`: the citizen has dropped the form in another call.
    """

    earlier: str | None
    reference: str
    is_dropped: bool
    person: Person | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the form asked of the person and keeps; None keeps what is there."""

    place: str | None
    card: str | None
    card_hash: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A citizen's new case, what it tells them, its clocks and their profile."""

    case: Application
    told: NewMessage
    clock: ClockRow | None
    kept: Profile


_PERSON = rows.names(Person)
# OFFSET 0: what is drawn for a row is drawn once. Drawn what is taken, by an erased case too: the store draws on.
# `many` is never said: that it is not there the planner takes for about one row, and looks each up by key. A plan made
# for the hundred that it supposes of JSON reads whole tables while they are small, and is kept when they no longer are.
_BEFORE = f"""
    SELECT {", ".join(f"p.{name}" for name in _PERSON)}, call.key,
           CASE WHEN EXISTS (SELECT FROM public.application WHERE reference = call.drawn::char(8))
                    OR EXISTS (SELECT FROM gateway.event WHERE reference = call.drawn::char(8))
                THEN gateway.new_reference() ELSE call.drawn END,
           (SELECT reference FROM public.application WHERE submission = call.key),
           EXISTS (SELECT FROM gateway.draft WHERE origin = call.origin AND closed_at IS NOT NULL),
           CASE call.place WHEN 0 THEN (
               SELECT jsonb_agg(to_jsonb(d) - 'set_at' ORDER BY day) FROM gateway.special_day d) END
    FROM (SELECT seven.*, gateway.with_check_digit(seven.number) AS drawn
          FROM (SELECT given.*, gateway.draw() AS number
                FROM json_to_recordset(%s::text::json) AS given (phone text, key text, origin text, many int, place int)
                WHERE given.many IS NULL OFFSET 0) AS seven OFFSET 0) AS call
    LEFT JOIN gateway.person p ON p.phone = call.phone"""  # noqa: S608 - the names are a value's own
_ENTER = "SELECT gateway.enter(%s::text::json, %s::text::json, %s)"

_CASE = tuple("reference service state phone place language answers channel directorate submission due_at".split())
_OF_CASE = attrgetter(*_CASE)


def before(tx: Transaction, calls: Sequence[tuple[str, str, str | None]]) -> tuple[dict[str, Before], list[SpecialDay]]:
    """What submissions of these (phone, key, origin) have to know, by key; and the governorate's own days, by date.

    `origin`: the call in which the form was begun, where it may have been dropped in another.
    """
    calling = _said(
        [
            {"phone": phone, "key": key, "origin": origin, "place": place}
            for place, (phone, key, origin) in enumerate(calls)
        ]
    )
    found = asked(tx, _BEFORE, [calling])
    width = len(_PERSON)
    known = {
        row[width]: Before(
            row[width + 2], row[width + 1], row[width + 3], Person(*row[:width]) if row[0] is not None else None
        )
        for row in found
    }
    days = next((row[-1] for row in found if row[-1]), ())
    return known, [SpecialDay(**(day | {"day": date.fromisoformat(day["day"])})) for day in days]


def enter(tx: Transaction, entries: Sequence[Entry], now: datetime) -> set[str]:
    """Store these cases of different phones with all that comes with them; the references that were made.

    Nothing is stored of one whose key or reference is taken; whoever took it has committed. IllegalMove for a service,
    state or place that the store does not have: then nothing at all is stored. Two of these at once wait for each
    other and never in a ring: keys are taken in their order, profiles in that of the phones.
    """
    ordered = sorted(entries, key=lambda entry: entry.case.submission or "")
    cases = [dict(zip(_CASE, _OF_CASE(entry.case), strict=True)) for entry in ordered]
    beside = [_beside(entry) for entry in ordered]
    with refusals():
        ((made,),) = asked(tx, _ENTER, [_said(cases), _said(beside), now])
    return set(made)


def _beside(entry: Entry) -> dict[str, Any]:
    clock = rows.values(entry.clock) if entry.clock else {}
    return {**clock, **rows.values(entry.told), **rows.values(entry.kept), "consent": True}


def _said(columns: Sequence[Mapping[str, Any]]) -> str:
    return to_json(columns).decode()
