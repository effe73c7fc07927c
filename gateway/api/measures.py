"""GET /measures, and what a director may ask about personal data: who looked at a case, what is held on a phone.

Decides: who may ask, and the shape of the answers. Must not know: how anything is counted.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.api import operation
from gateway.api.models import Asked, Moment, Shown, as_phone
from gateway.api.operation import Caller
from gateway.api.problems import RefusalError
from gateway.api.reply import Reply, ok
from handlers import desk
from menus.references import is_reference
from store import access, measures

DIRECTOR = "DIRECTOR"
YEAR = timedelta(days=365)

Cell = int | None
Share = float | None


class Since(Asked):
    """From when on."""

    since: date | None = Field(default=None, description="YYYY-MM-DD; its month is the first; default: a year ago")


class Person(Asked):
    """Whose data."""

    phone: Annotated[str, AfterValidator(as_phone)] = Field(description="the citizen's, any form")


class ServiceMonth(Shown):
    """A service in the month in which its cases came in. An empty cell counts fewer than five."""

    service: str
    month: date
    received: Cell
    completed: Cell
    median_working_days: Share
    percent_within_promise: Share
    percent_waiting_on_citizen: Share = Field(description="of the cases that are open now")
    percent_reopened: Share
    mean_rating: Share
    percent_rated: Share
    sms_sent: Cell
    percent_sms_delivered: Share


class UssdMonth(Shown):
    """USSD sessions of an operator."""

    month: date
    operator: str
    sessions: Cell
    percent_completed: Share
    mean_hops: Share


class ScreenMonth(Shown):
    """A screen on an operator's phones: how often it was not the last one before the citizen gave up."""

    month: date
    screen: str
    operator: str
    shown: Cell
    percent_passed: Share


class TextMonth(Shown):
    """SMS from citizens."""

    month: date
    texts: Cell
    percent_unknown_reference: Share


class Measures(Shown):
    """The measures to publish, counted once an hour."""

    services: list[ServiceMonth]
    ussd: list[UssdMonth]
    screens: list[ScreenMonth]
    texts: list[TextMonth]


class View(Shown):
    """One look at a case; `view`: case, list, export or card."""

    at: Moment
    officer: str
    view: str


class Views(Shown):
    """The newest looks at a case, at most 200."""

    items: list[View]


class Export(Shown):
    """What is held on a phone, by kind of record."""

    phone: str
    at: datetime
    records: dict[str, list[dict[str, Any]]]


@operation.get("/measures", Measures, Since)
def list_measures(caller: Caller, asked: Since) -> Reply:
    """The measures of the services, by month, with small cells empty."""
    since = asked.since or (caller.runtime.now() - YEAR).date()
    with caller.runtime.db.transaction() as tx:
        return ok(Measures.model_validate(measures.read(tx, since)))


@operation.get("/applications/<reference>/views", Views, problems=("forbidden", "not_found"))
def list_views(caller: Caller, reference: str) -> Reply:
    """Who looked at a case; for directors."""
    _must_direct(caller)
    with caller.runtime.db.transaction() as tx:
        if not is_reference(reference) or not desk.sees(caller.runtime.context(tx), caller.officer, reference):
            raise RefusalError("not_found", "There is no such case in your directorate.")
        return ok(Views(items=[View.model_validate(view) for view in access.of_case(tx, reference)]))


@operation.get("/person", Export, Person, problems=("forbidden",))
def export_person(caller: Caller, asked: Person) -> Reply:
    """What is held on a phone in the director's own cases, for the citizen who asks; the look is logged."""
    _must_direct(caller)
    with caller.runtime.db.transaction() as tx:
        context = caller.runtime.context(tx)
        return ok(Export(phone=asked.phone, at=context.now, records=desk.told(context, caller.officer, asked.phone)))


def _must_direct(caller: Caller) -> None:
    if DIRECTOR not in caller.officer.roles:
        raise RefusalError("forbidden", "This is for directors.")
