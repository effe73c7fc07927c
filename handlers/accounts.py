"""What officers see of the SMS traffic itself: held messages, senders kept quiet, and what it all costs.

Decides: who sees which of it, and who lets a sender be answered again. Must not know: HTTP, why a message was held.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers import desk
from handlers.audiences import GOVERNORATE
from handlers.context import Context, Refused
from menus import phones
from store import access, ledger, quarantine
from store.ledger import Cost, Held, Reach
from store.officers import Officer
from store.quarantine import Kept

WATCHERS = frozenset({"GRO", "DIRECTOR"})
"""Who may see phones that are kept quiet: a citizen who is not answered complains to them."""
DIRECTOR = "DIRECTOR"
MOST = 500


def held(context: Context, officer: Officer) -> list[Held]:
    """The messages about the officer's cases that wait for the morning or a working day, first to leave first."""
    found = ledger.held(context.tx, context.now, _reach(context, officer), MOST)
    asked = {"what": "held messages"}
    access.record(context.tx, officer.name, "list", context.now, cases=len(found), asked=asked)
    return found


def quiet_senders(context: Context, officer: Officer) -> list[Kept] | Refused:
    """The senders that are not answered now, the latest first; the look is logged."""
    if not WATCHERS & set(officer.roles):
        return Refused("forbidden", f"This is for {' and '.join(sorted(WATCHERS))}.")
    found = quarantine.listed(context.tx, context.now, MOST)
    access.record(context.tx, officer.name, "list", context.now, cases=len(found), asked={"what": "quarantine"})
    return found


def release(context: Context, officer: Officer, sender: str) -> int | Refused:
    """Answer a sender again; for how many reasons it was kept quiet. What it did before does not count any more."""
    if not WATCHERS & set(officer.roles):
        return Refused("forbidden", f"This is for {' and '.join(sorted(WATCHERS))}.")
    number = quarantine.release(context.tx, phones.from_wire(sender) or sender, officer.name, context.now)
    return number or Refused("not_found", "No such sender is in quarantine.")


def costs(context: Context, officer: Officer, since: date, until: date) -> Sequence[Cost] | Refused:
    """What SMS cost from the first day to the last, by directorate and service.

    A director sees their own, the governorate's director everything. Days are the governorate's.
    """
    if DIRECTOR not in officer.roles:
        return Refused("forbidden", "This is for directors.")
    zone = ZoneInfo(context.content.calendar.timezone)
    return ledger.costs(
        context.tx, _midnight(since, zone), _midnight(until + timedelta(days=1), zone), _reach(context, officer)
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _reach(context: Context, officer: Officer) -> Reach:
    """The officer's own: cases held by the directorate or of its services; of the governorate's everything."""
    services = [name for scope in desk.scopes(context.content, officer) for name in scope.services or ()]
    return Reach(officer.directorate == GOVERNORATE, officer.directorate, services)
