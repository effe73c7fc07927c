"""The life of a case as times during which one side was awaited, read from its history.

Decides: where such a time begins and how much of it the case's own clock counts. Must not know: limits, what is due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from handlers.calendar import add_working_days, local_day, working_days
from menus.content import Content, Service
from menus.governorate import Calendar
from menus.workflow import Clock
from store.applications import Application
from store.events import Event


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in one state during which the same side is awaited; `events` are those after the one that began it."""

    state: str
    clock: Clock
    since: datetime
    fresh: bool
    events: list[Event] = field(default_factory=list)


def stretches(content: Content, service: Service, case: Application, history: Sequence[Event]) -> list[Stretch]:
    """The case's times, oldest first; one time only where the history does not lead to the case's state.

    A time never begins before the one before it, whatever clocks the writers had.
    """
    found: list[Stretch] = []
    for event in history:
        at = max(event.at, found[-1].since) if found else event.at
        clock = _begins(content, service, case, event)
        if clock is None:
            if found:
                found[-1].events.append(event)
            continue
        old = content.states.get(event.from_state or "")
        found.append(Stretch(event.to_state, clock, at, fresh=old is None or old.closed))
    if not found or found[-1].state != case.state:
        return [Stretch(case.state, content.states[case.state].clock, case.state_since, fresh=True)]
    return found


def _begins(content: Content, service: Service, case: Application, event: Event) -> Clock | None:
    """Whose time begins with this event; None when it changes nobody's turn."""
    if event.from_state != event.to_state:
        kind = content.states.get(event.to_state)
        return kind.clock if kind else "office"
    move = service.workflow.find(event.to_state, event.action or "", case.answers)
    return move.turn if move else None


def consumed(content: Content, calendar: Calendar, promised: int, passed: Sequence[Stretch]) -> tuple[int, date | None]:
    """(working days that offices have used before the present time, the day on which the promise was used up)."""
    lately = since_fresh(passed)
    used, crossed = 0, None
    for each, after in pairwise(lately):
        if not counts(content, each):
            continue
        start = local_day(calendar, each.since)
        spent = working_days(calendar, start, local_day(calendar, after.since))
        if crossed is None and used + spent >= promised:
            crossed = add_working_days(calendar, start, promised - used)
        used += spent
    return used, crossed


def counts(content: Content, each: Stretch) -> bool:
    kind = content.states.get(each.state)
    return each.clock == "office" and not (kind and (kind.closed or kind.apart))


def since_fresh(passed: Sequence[Stretch]) -> Sequence[Stretch]:
    """The times since the case began, or began again after it was closed."""
    return passed[max((number for number, each in enumerate(passed) if each.fresh), default=0) :]
