"""Iraqi working days, and the dates that the governorate promises by them.

Decides: which day is a working day and when a case is due. Must not know: the store, texts.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from menus.content import Calendar, Content, Service

OFFICE_CLOSES = time(15, 0)
"""End of the office day (services-domain §3.1 [A]); a due day lasts until then."""

DEFAULT_LIMIT = 10
"""Days a citizen has where a service names no limit (services-domain §2.2, INFO_REQUIRED)."""


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Neither weekend, nor a holiday of Law 12 of 2024 (by the `holidays` library), nor a local day off."""
    if day.isoweekday() in calendar.weekend or day.isoformat() in calendar.local_days:
        return False
    return day not in _holidays(calendar.country, day.year)


def add_working_days(calendar: Calendar, start: date, count: int) -> date:
    """The `count`-th working day after `start`, which itself does not count."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working_day(calendar, day)
    return day


def due_at(
    content: Content, service: Service, state: str, answers: Mapping[str, Any], created: datetime, now: datetime
) -> datetime | None:
    """When a case that is now in `state` is due: the promise, the citizen's limit, or never when it is closed."""
    kind, use = content.states[state], service.use(state)
    if kind.closed or kind.clock == "none":
        return None
    zone = ZoneInfo(content.calendar.timezone)
    today = now.astimezone(zone).date()
    if kind.clock == "citizen":
        return _closing(today + timedelta(days=use.limit or DEFAULT_LIMIT), zone)
    promised = add_working_days(content.calendar, created.astimezone(zone).date(), promise(service, answers))
    if promised > today and state != "APPEALED":
        return _closing(promised, zone)
    return _closing(add_working_days(content.calendar, today, use.sla or service.workflow.promise), zone)


def promise(service: Service, answers: Mapping[str, Any]) -> int:
    """Working days within which the citizen was promised an answer."""
    return service.urgent.promise if service.urgent and service.is_urgent(answers) else service.workflow.promise


def on_day(content: Content, day: date) -> datetime:
    """The end of a day in the governorate, as a due date."""
    return _closing(day, ZoneInfo(content.calendar.timezone))


def _closing(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, OFFICE_CLOSES, zone)
