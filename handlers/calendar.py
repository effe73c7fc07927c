"""Iraqi working days: which day is one, how many lie between two, and when an office day ends.

Decides: what counts as working time. Must not know: the store, cases, texts.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from menus.governorate import Calendar

OFFICE_CLOSES = time(15, 0)
"""End of the office day (services-domain §3.1 [A]); a due day lasts until then."""

FARTHEST = timedelta(days=1000)
"""A calendar without working days must not be searched for ever."""
REMEMBERED = 20_000
"""Answers, about 3 MB."""


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Neither weekend, nor a holiday of Law 12 of 2024 (by the `holidays` library), nor a local day off.

    A day that was ordered to be worked is one, whatever else it is (services-domain §3.1, Saturdays).
    """
    named = day.isoformat()
    if named in calendar.work_days:
        return True
    if day.isoweekday() in calendar.weekend or named in calendar.local_days:
        return False
    return day not in _holidays(calendar.country, day.year)


def add_working_days(calendar: Calendar, start: date, count: int) -> date:
    """The `count`-th working day after `start`, which itself does not count."""
    known, asked = calendar.counted, (start, count)
    if asked not in known:
        if len(known) >= REMEMBERED:
            known.clear()
        known[asked] = _count(calendar, start, count)
    return known[asked]


def _count(calendar: Calendar, start: date, count: int) -> date:
    day = start
    while count and day - start < FARTHEST:
        day += timedelta(days=1)
        count -= is_working_day(calendar, day)
    return day


def working_days(calendar: Calendar, start: date, end: date) -> int:
    """Working days after `start` up to and with `end`; 0 when `end` is not later."""
    return sum(is_working_day(calendar, start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def working_day_from(calendar: Calendar, day: date) -> date:
    """`day`, or the next working day when it is none."""
    return add_working_days(calendar, day - timedelta(days=1), 1)


def as_day(value: Any) -> date | None:
    """A day as an officer or another system wrote it, ISO 8601; None when it is none."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def local_day(calendar: Calendar, moment: datetime) -> date:
    """The day in the governorate."""
    return moment.astimezone(ZoneInfo(calendar.timezone)).date()


def closing(calendar: Calendar, day: date, at: time = OFFICE_CLOSES) -> datetime:
    """The end of the office day, or another hour of it, in the governorate."""
    return datetime.combine(day, at, ZoneInfo(calendar.timezone))
