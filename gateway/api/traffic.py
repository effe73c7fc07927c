"""The operations on SMS traffic: what is held, who is not answered, what it costs.

Decides: what each takes and answers. Must not know: rights (handlers/accounts.py), Flask.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import Field, PlainSerializer

from gateway.api import acting, operation, problems
from gateway.api.models import Asked, Moment, Shown
from gateway.api.operation import Caller
from gateway.api.problems import RefusalError
from gateway.api.reply import Reply, ok
from handlers import accounts
from handlers.context import Refused
from store.db import Transaction

T = TypeVar("T")
Money = Annotated[Decimal, PlainSerializer(str, return_type=str)]


class HeldMessage(Shown):
    """A message that waits. `held`: for what, `quiet hours` or `day off`."""

    id: int
    kind: str = Field(description="which text it is")
    reference: str | None
    service: str | None
    directorate: str | None
    held: str
    leaves_at: Moment = Field(alias="next_attempt_at", serialization_alias="leaves_at")


class HeldMessages(Shown):
    """What waits now, first to leave first, at most 500."""

    items: list[HeldMessage]


class QuietSender(Shown):
    """A sender that is not answered. `messages` were stored and not answered; `until` null: until it is released."""

    sender: str = Field(alias="phone", serialization_alias="sender")
    reason: str
    messages: int
    first_at: Moment
    last_at: Moment
    until: Moment | None


class QuietSenders(Shown):
    """Who is not answered now, the latest first, at most 500."""

    items: list[QuietSender]


class Release(Asked):
    """A sender to be answered again."""

    sender: str = Field(min_length=1, max_length=40, description="as the list has it; a phone in any form")


class Released(Shown):
    """For how many reasons it was kept quiet."""

    reasons: int


class Days(Asked):
    """From the first day to the last, both included, in the governorate's time."""

    since: date = Field(description="YYYY-MM-DD")
    until: date = Field(description="YYYY-MM-DD")


class Cost(Shown):
    """What one directorate's messages about one service cost in one currency; null: about no case."""

    directorate: str | None
    service: str | None
    messages: int
    parts: int = Field(description="SMS segments that the provider charged for")
    price: Money = Field(description="the sum of what the provider said")
    currency: str | None = Field(description="null where the provider named no price")


class Costs(Shown):
    """The ledger of some days."""

    items: list[Cost]


@operation.get("/messages/held", HeldMessages)
def list_held(caller: Caller) -> Reply:
    """The messages about the officer's cases that quiet hours or a day off hold back."""
    with caller.runtime.db.transaction() as tx:
        found = accounts.held(caller.runtime.context(tx), caller.officer)
        return ok(HeldMessages(items=[HeldMessage.model_validate(each) for each in found]))


@operation.get("/quarantine", QuietSenders, problems=("forbidden",))
def list_quiet(caller: Caller) -> Reply:
    """Senders that are not answered, and why; for GRO and DIRECTOR."""
    with caller.runtime.db.transaction() as tx:
        found = _allowed(accounts.quiet_senders(caller.runtime.context(tx), caller.officer))
        return ok(QuietSenders(items=[QuietSender.model_validate(each) for each in found]))


@operation.post("/quarantine/release", Released, Release, ("forbidden", "not_found"))
def release_sender(caller: Caller, asked: Release) -> Reply:
    """Answer a sender again; for GRO and DIRECTOR. What it did before does not count any more."""

    def make(tx: Transaction) -> Reply:
        done = accounts.release(caller.runtime.context(tx), caller.officer, asked.sender)
        if isinstance(done, Refused):
            return problems.reply(done.code, done.message, done.fields)
        return ok(Released(reasons=done))

    return acting.once(caller, "release", asked, make)


@operation.get("/ledger", Costs, Days, ("forbidden",))
def list_costs(caller: Caller, asked: Days) -> Reply:
    """What SMS cost by directorate and service; for directors, of their own, and of all for the governorate's."""
    with caller.runtime.db.transaction() as tx:
        found = accounts.costs(caller.runtime.context(tx), caller.officer, asked.since, asked.until)
        return ok(Costs(items=[Cost.model_validate(each) for each in _allowed(found)]))


def _allowed(found: T | Refused) -> T:
    if isinstance(found, Refused):
        raise RefusalError(found.code, found.message)
    return found
