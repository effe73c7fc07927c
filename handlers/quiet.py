"""When a text about a case may leave: by its class, by what the citizen asked for, by the hour and the day.

Decides: whether a notice is muted, held until morning, or sent. Must not know: how it was worded, providers.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.calendar import is_working_day
from menus.content import Content
from menus.governorate import Calendar
from menus.notices import ANSWER
from store.cases import Application
from store.people import Person

NIGHT = "quiet hours"
DAY_OFF = "day off"
OWNER = "owner asked"
MORNING = time(8, 0)
"""When a day off is over for whoever has no quiet hours."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether a text goes, and when at the earliest; `held` says for people what it waits for."""

    muted: bool
    not_before: datetime | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who a text about a case is for. `muted`: the phone asked for silence about it.

    `doubted`: the phone may have a new owner, who is asked first (handlers/ownership.py).
    """

    person: Person | None
    muted: bool = False
    doubted: bool = False


def leave(
    content: Content, calendar: Calendar, case: Application, to: Recipient, key: str, answers: bool, now: datetime
) -> Leave:
    """When the text `key` about a case leaves; `answers`: it tells the citizen what they have just done themselves.

    `calendar`: working time with the days that the store adds.
    """
    kind = content.notices.classes[ANSWER] if answers else content.notices.of(key)
    person = to.person
    if person and person.disowned_at and case.created_at <= person.disowned_at:
        return Leave(muted=True)
    if to.doubted and not answers:
        return Leave(muted=True, held=OWNER)
    if kind.stopped == "mute" and (to.muted or _stopped(person)):
        return Leave(muted=True)
    return waits(content, night=kind.night == "hold", day_off=kind.day_off == "hold", now=now, calendar=calendar)


def waits(content: Content, *, night: bool, day_off: bool, now: datetime, calendar: Calendar | None = None) -> Leave:
    """When a text leaves that must not do so at night, or on a day off; it may have to wait for both."""
    calendar = calendar or content.calendar
    zone = ZoneInfo(calendar.timezone)
    local, held = now.astimezone(zone), None
    if day_off and not is_working_day(calendar, local.date()):
        while not is_working_day(calendar, local.date()):
            local += timedelta(days=1)
        local, held = datetime.combine(local.date(), content.quiet.end if content.quiet else MORNING, zone), DAY_OFF
    morning = content.quiet.over(local) if night and content.quiet else None
    if morning:
        following = waits(content, night=False, day_off=day_off, now=morning, calendar=calendar)
        return Leave(False, following.not_before or morning, following.held or held or NIGHT)
    return Leave(False, local, held) if held else Leave(False)


def _stopped(person: Person | None) -> bool:
    return bool(person and person.stopped_at)
