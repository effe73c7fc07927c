"""The clocks of a case are read from its history, noted in the store, and its due date follows.

Decides: which calendar and rules hold now, and when a note is old. Must not know: what is done when a clock runs out.
"""

import hashlib
from dataclasses import replace

from handlers import clocks
from handlers.clocks import Clocks
from menus.content import Calendar, Content
from store import applications, events
from store import clocks as notes
from store.applications import Application
from store.clocks import ClockRow, SpecialDay
from store.db import Transaction
from store.events import Event

TOP_LEVEL = 3
_RULES: dict[str, str] = {}


def calendar(tx: Transaction, content: Content) -> Calendar:
    """Working time as the files and the store have it together; the store's word is the later one."""
    return _merged(content.calendar, tuple(notes.special_days(tx)))


def _merged(base: Calendar, days: tuple[SpecialDay, ...]) -> Calendar:
    off = {day.day.isoformat(): {"ar": day.name_ar, "en": day.name_en} for day in days if not day.working}
    worked = {day.day.isoformat(): {"ar": day.name_ar, "en": day.name_en} for day in days if day.working}
    kept = {name: words for name, words in base.work_days.items() if name not in off}
    return base.model_copy(update={"local_days": base.local_days | off, "work_days": kept | worked})


def rules(content: Content, working_time: Calendar) -> str:
    """A name of everything by which clocks are read: a note under another name is old."""
    if content.digest not in _RULES:
        _RULES[content.digest] = _workflows(content)
    return hashlib.sha256((_RULES[content.digest] + working_time.model_dump_json()).encode()).hexdigest()[:16]


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
    return clocks.read(content, calendar(tx, content), service, case, events.history(tx, case.reference))


def wind(tx: Transaction, content: Content, case: Application, event: Event | None = None) -> Application:
    """Note the clocks of this version of the case; the case with the due date they give.

    Nothing is done for an `event` that is not the case's last one: the last one will do it. Where somebody else is
    writing the case at this moment nothing is noted: their change brings clocks of its own.
    """
    if case.service not in content.services:
        return case
    history = events.history(tx, case.reference)
    if event is not None and history and history[-1].id != event.id:
        return case
    working_time = calendar(tx, content)
    found = clocks.read(content, working_time, content.services[case.service], case, history)
    due = found.due_at if found else None
    if due != case.due_at and not applications.set_due(tx, case.reference, case.version, due):
        return replace(case, due_at=due)
    if found is None:
        notes.stop(tx, case.reference, case.version)
    else:
        notes.put(tx, _row(case, found, rules(content, working_time)))
    return replace(case, due_at=due)


def _row(case: Application, found: Clocks, named: str) -> ClockRow:
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
