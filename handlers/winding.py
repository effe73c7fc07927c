"""The clocks of a case are read from its history, noted in the store, and its due date follows.

Decides: which calendar and rules hold now, and when a note is old. Must not know: what is done when a clock runs out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers import clocks
from handlers.clocks import Clocks
from menus.content import Content
from menus.governorate import Calendar
from store import applications, events
from store import clocks as notes
from store.applications import Application
from store.clocks import ClockRow, SpecialDay
from store.db import Transaction
from store.events import Event

TOP_LEVEL = 3


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Working time as the files and the store have it together; the store's word is the later one.

    `rules` names everything by which clocks are read: a note under another name is old.
    """

    calendar: Calendar
    rules: str


_KNOWN: dict[tuple[str, tuple[SpecialDay, ...]], WorkingTime] = {}
_KEPT = 8


def working_time(content: Content, days: Sequence[SpecialDay]) -> WorkingTime:
    """Working time with the store's own days; the same for the same content and days."""
    key = content.digest, tuple(days)
    if key not in _KNOWN:
        while len(_KNOWN) >= _KEPT:
            _KNOWN.pop(next(iter(_KNOWN)), None)
        calendar = _merged(content.calendar, key[1])
        named = hashlib.sha256((_workflows(content) + calendar.model_dump_json()).encode()).hexdigest()[:16]
        _KNOWN[key] = WorkingTime(calendar, named)
    return _KNOWN[key]


def today(tx: Transaction, content: Content) -> WorkingTime:
    """Working time as it holds now."""
    return working_time(content, notes.special_days(tx))


def _merged(base: Calendar, days: tuple[SpecialDay, ...]) -> Calendar:
    off = {day.day.isoformat(): {"ar": day.name_ar, "en": day.name_en} for day in days if not day.working}
    worked = {day.day.isoformat(): {"ar": day.name_ar, "en": day.name_en} for day in days if day.working}
    kept = {name: words for name, words in base.work_days.items() if name not in off}
    return base.model_copy(update={"local_days": base.local_days | off, "work_days": kept | worked})


def _workflows(content: Content) -> str:
    states = {name: (kind.clock, kind.closed, kind.apart) for name, kind in sorted(content.states.items())}
    services = [
        service.workflow.model_dump_json() + (service.urgent.model_dump_json() if service.urgent else "")
        for _, service in sorted(content.services.items())
    ]
    return f"{states}{services}"


def read(tx: Transaction, content: Content, case: Application) -> Clocks | None:
    """The clocks of a case by its history in the store."""
    service = content.services.get(case.service)
    if service is None:
        return None
    return clocks.read(content, today(tx, content).calendar, service, case, events.history(tx, case.reference))


def wound(
    content: Content, now: WorkingTime, case: Application, history: Sequence[Event]
) -> tuple[Application, ClockRow | None]:
    """A case with the due date that its history gives, and its clocks as they are noted; of a known service."""
    found = clocks.read(content, now.calendar, content.services[case.service], case, history)
    return replace(case, due_at=found.due_at if found else None), _note(case, found, now.rules) if found else None


def wind(tx: Transaction, content: Content, case: Application) -> None:
    """Note the clocks of one case as it stands."""
    _wind(tx, content, today(tx, content), [(case, events.history(tx, case.reference))])


def wind_after(tx: Transaction, content: Content, now: WorkingTime, fresh: Sequence[Event]) -> dict[str, Application]:
    """Note the clocks of the cases that these events changed; the cases by reference, with the due dates they give.

    Nothing is noted of a case whose last event is not among them: that one will do it.
    """
    references, ids = {event.reference for event in fresh}, {event.id for event in fresh}
    cases, histories = applications.find_all(tx, references), events.histories(tx, references)
    last = [(cases[name], history) for name, history in histories.items() if name in cases and history[-1].id in ids]
    return cases | {case.reference: case for case in _wind(tx, content, now, last)}


def _wind(
    tx: Transaction, content: Content, now: WorkingTime, cases: Sequence[tuple[Application, Sequence[Event]]]
) -> list[Application]:
    """Where somebody else is writing a case at this moment nothing is noted: their change brings clocks of its own."""
    open_ = [(case, history) for case, history in cases if case.service in content.services]
    found = [wound(content, now, case, history) for case, history in open_]
    moved = [
        (new.reference, new.version, new.due_at)
        for (new, _), (old, _) in zip(found, open_, strict=True)
        if new.due_at != old.due_at
    ]
    busy = {reference for reference, *_ in moved} - applications.set_due(tx, moved)
    free = [(case, row) for case, row in found if case.reference not in busy]
    notes.stop(tx, [(case.reference, case.version) for case, row in free if row is None])
    notes.put(tx, [row for _, row in free if row])
    return [case for case, _ in found]


def _note(case: Application, found: Clocks, named: str) -> ClockRow:
    return ClockRow(
        reference=case.reference,
        version=case.version,
        rules=named,
        turn=found.turn,
        since=found.since,
        state_due_at=found.state_due,
        case_due_at=found.case_due,
        used=found.used,
        level=level(case),
        next_at=found.next_at,
    )


def level(case: Application) -> int:
    """How far up the case is held: 0 its own officers, 1 supervisor, 2 director, 3 the governor's follow-up office."""
    held = case.details.get("level", 0)
    return min(TOP_LEVEL, held) if isinstance(held, int) and held > 0 else 0
