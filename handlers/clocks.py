"""The two clocks of a case, read from its history: that of the state and that of the whole case.

Decides: whose turn it is and since when, when each clock runs out, and what the system does then. The state's clock
starts again with each state; the case's counts the office's working days alone, so that it stands still while the
citizen is awaited. Must not know: the store, texts. The same history and calendar give the same clocks at any time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any

from handlers.calendar import add_working_days, as_day, closing, local_day, working_day_from
from handlers.stretches import Stretch, consumed, counts, since_fresh, stretches
from menus.content import Content, Haste, Service
from menus.governorate import Calendar
from menus.workflow import Clock, StateUse
from store.applications import Application
from store.events import Event

DEFAULT_LIMIT = 10
"""Days a citizen has where a service names no limit (services-domain §2.2, INFO_REQUIRED)."""
REMINDED_FROM = 4
"""Shorter limits have no reminder unless the service asks for one."""
REMIND_AT = time(10, 0)
LEVELS = (1.0, 1.5, 2.0)
"""Times of the SLA at which a case goes one level up (services-domain §2.2, escalate)."""
SEASON = timedelta(days=183)
"""A named day farther ahead belongs to another year's round."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the system does when a clock has run out."""

    action: str
    details: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks of an open case. `case_due` is None while the case's clock stands still; `used` is in working days.

    `due_at` is what the citizen is told. `state_late` and `case_late` are the moments of the three levels.
    """

    turn: Clock
    since: datetime
    state_due: datetime
    case_due: datetime | None
    used: int
    due_at: datetime
    remind_at: datetime | None = None
    state_late: tuple[datetime, ...] = ()
    case_late: tuple[datetime, ...] = ()
    reached: tuple[int, int] = (0, 0)

    @property
    def next_at(self) -> datetime | None:
        """When the system has to act next, if nothing else happens."""
        if self.turn == "citizen":
            return self.remind_at or self.state_due
        left = (*self.state_late[self.reached[0] :], *self.case_late[self.reached[1] :])
        return min(left, default=None)

    def step(self, now: datetime) -> Step | None:
        """What has to be done by now; one step for however much time has passed."""
        if self.turn == "citizen":
            if now >= self.state_due:
                return Step("timeout", {})
            return Step("remind", {}) if self.remind_at and now >= self.remind_at else None
        state, case = (sum(now >= at for at in late) for late in (self.state_late, self.case_late))
        state, case = max(state, self.reached[0]), max(case, self.reached[1])
        rise = max(state - self.reached[0], case - self.reached[1])
        return Step("escalate", {"state_level": state, "case_level": case, "rise": rise}) if rise else None


def promise(service: Service, answers: Mapping[str, Any]) -> int:
    """Working days within which the citizen was promised an answer."""
    return service.urgent.promise if service.urgent and service.is_urgent(answers) else service.workflow.promise


def read(
    content: Content, calendar: Calendar, service: Service, case: Application, history: Sequence[Event]
) -> Clocks | None:
    """The clocks of a case as its history has them; None for a case that waits for nobody."""
    kind = content.states.get(case.state)
    if kind is None or kind.closed or kind.clock == "none" or case.state not in service.workflow.states:
        return None
    passed = stretches(content, service, case, history)
    used, crossed = consumed(content, calendar, promise(service, case.answers), passed)
    if passed[-1].clock == "citizen":
        return _citizens(calendar, service, case, passed[-1], used)
    return _offices(content, calendar, service, case, passed, used, crossed)


# -- the citizen's turn ------------------------------------------------------------------------------------------------


def _citizens(calendar: Calendar, service: Service, case: Application, now_in: Stretch, used: int) -> Clocks:
    use = service.use(case.state)
    start, limit = _start(calendar, use, case, now_in), use.limit or DEFAULT_LIMIT
    last = start + timedelta(days=limit)
    before = as_day(case.details.get(use.until)) if use.until else None
    if before is not None:
        last = min(last, max(before - timedelta(days=1), start + timedelta(days=1)))
    due = closing(calendar, working_day_from(calendar, last))
    wanted = use.remind if use.remind is not None else (limit // 2 if limit >= REMINDED_FROM else 0)
    remind_at = closing(calendar, start + timedelta(days=wanted), REMIND_AT) if wanted else None
    said = any(event.action == "remind" for event in now_in.events)
    if said or (remind_at and remind_at >= due):
        remind_at = None
    return Clocks("citizen", now_in.since, due, None, used, due, remind_at)


# -- the office's turn -------------------------------------------------------------------------------------------------


def _offices(
    content: Content,
    calendar: Calendar,
    service: Service,
    case: Application,
    passed: Sequence[Stretch],
    used: int,
    crossed: date | None,
) -> Clocks:
    present, promised = passed[-1], promise(service, case.answers)
    haste = _haste(service, case)
    days = (haste.sla if haste else None) or service.use(case.state).days(case.answers) or service.workflow.promise
    state_due, state_late = _state_clock(calendar, service, case, present, days, haste.hours if haste else None)
    case_due: datetime | None = None
    case_late: tuple[datetime, ...] = ()
    if counts(content, present):
        today = local_day(calendar, present.since)
        case_due = closing(calendar, crossed or add_working_days(calendar, today, promised - used))
        if named := _named(service, case, present):
            case_due = max(case_due, closing(calendar, named))
        case_late = _levels(calendar, case_due, promised)
    reached = _reached(passed)
    told = _told(calendar, service, case, present, days, case_due or state_due)
    return Clocks("office", present.since, state_due, case_due, used, told, None, state_late, case_late, reached)


def _haste(service: Service, case: Application) -> Haste | None:
    return service.urgent.states.get(case.state) if service.urgent and service.is_urgent(case.answers) else None


def _state_clock(
    calendar: Calendar, service: Service, case: Application, present: Stretch, days: int, hours: int | None
) -> tuple[datetime, tuple[datetime, ...]]:
    if hours:
        due = present.since + timedelta(hours=hours)
        return due, tuple(present.since + timedelta(hours=hours * level) for level in LEVELS)
    start = _start(calendar, service.use(case.state), case, present)
    due = closing(calendar, add_working_days(calendar, start, days))
    if named := _named(service, case, present):
        due = max(due, closing(calendar, named))
    return due, _levels(calendar, due, days)


def _levels(calendar: Calendar, due: datetime, days: int) -> tuple[datetime, ...]:
    day = local_day(calendar, due)
    return tuple(closing(calendar, add_working_days(calendar, day, ceil(days * (level - 1)))) for level in LEVELS)


def _reached(passed: Sequence[Stretch]) -> tuple[int, int]:
    """The levels that each clock has brought the case to: the state's in this time, the case's since it began."""
    state = [int(e.details.get("state_level", 0)) for e in passed[-1].events if e.action == "escalate"]
    case = [
        int(e.details.get("case_level", 0))
        for each in since_fresh(passed)
        for e in each.events
        if e.action == "escalate"
    ]
    return max(state, default=0), max(case, default=0)


def _told(
    calendar: Calendar, service: Service, case: Application, present: Stretch, days: int, due: datetime
) -> datetime:
    """The day that the citizen is told: the promise; once it has passed, a new one from the last word of ours."""
    said = [event.at for event in present.events if event.action == "escalate"]
    named = [event for event in present.events if _named_by(service, case, event)]
    if named and (not said or named[-1].at >= said[-1]):
        day = _named_by(service, case, named[-1])
        return closing(calendar, day) if day else due
    anchor = max([present.since, *said])
    if due > anchor:
        return due
    return closing(calendar, add_working_days(calendar, local_day(calendar, anchor), days))


def _named(service: Service, case: Application, present: Stretch) -> date | None:
    """The day that an officer set in this time, the last of them."""
    found = [day for event in present.events if (day := _named_by(service, case, event))]
    return found[-1] if found else None


def _named_by(service: Service, case: Application, event: Event) -> date | None:
    move = service.workflow.find(event.to_state, event.action or "", case.answers)
    params = [param.id for param in move.params if param.type == "due"] if move else []
    return next((day for name in params if (day := as_day(event.details.get(name)))), None)


# -- days --------------------------------------------------------------------------------------------------------------


def _start(calendar: Calendar, use: StateUse, case: Application, present: Stretch) -> date:
    """The day that a state's clock counts from: its beginning, or the later day that it waits for."""
    begun = local_day(calendar, present.since)
    if use.after is None:
        return begun
    ahead = [day for day in calendar.named_days.get(use.after, []) if begun <= day <= begun + SEASON]
    return max(begun, as_day(case.details.get(use.after)) or min(ahead, default=begun))
