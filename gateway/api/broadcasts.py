"""The operations on broadcasts: preview, propose, list, open, approve, pause, resume, cancel.

Decides: what each takes and answers. Must not know: rights and rules (handlers/broadcasts.py), Flask.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from gateway.api import acting, operation, problems
from gateway.api.models import Asked, Moment, Shown
from gateway.api.operation import Caller
from gateway.api.problems import RefusalError
from gateway.api.reply import Reply, ok
from handlers import broadcasts as rules
from handlers.audiences import Meant
from handlers.context import Refused
from store.broadcasts import Broadcast as Stored
from store.db import Transaction

PROBLEMS = ("forbidden", "invalid_params")
STEP_PROBLEMS = ("forbidden", "own_case", "not_found", "illegal_move")


class Audience(Asked):
    """Who is meant, among those who asked for news by texting START and did not stop them since."""

    services: list[str] = Field(default=[], max_length=20, description="with a case of one of these; none: everybody")
    status: Literal["open", "closed", "any"] = Field(default="any", description="of the case")
    answers: dict[str, list[str]] = Field(default={}, description="coded answers of the case: any of the values")
    places: list[str] = Field(default=[], max_length=100, description="place codes of the case, else of the citizen")


class Texts(Asked):
    """The text in each language; each citizen gets their own."""

    ar: str = Field(max_length=600)
    en: str = Field(max_length=600)


class Proposal(Asked):
    """A broadcast before anything is sent."""

    model_config = ConfigDict(strict=True)

    title: str = Field(max_length=200, description="for officers; citizens do not see it")
    audience: Audience
    texts: Texts
    parts_per_minute: int = Field(description="the pace, in SMS segments")
    urgent: bool = Field(default=False, description="may be sent in quiet hours")
    not_before: AwareDatetime | None = Field(default=None, strict=False, description="null: once it is approved")


class Step(Asked):
    """A step of a broadcast; `approve` is for a second officer and starts it."""

    model_config = ConfigDict(strict=True)

    action: Literal["approve", "pause", "resume", "cancel"]


class Preview(Shown):
    """What a broadcast would send, by language. `cost` is at the price last charged, null while none is known."""

    phones: dict[str, int]
    segments: dict[str, int] = Field(description="of one message")
    parts: dict[str, int]
    cost: dict[str, float] | None
    currency: str | None
    minutes: int = Field(description="at this pace")


class Broadcast(Shown):
    """A broadcast: `proposed`, `running`, `paused`, `done` or `cancelled`. `steps`: who did what, and when."""

    id: int
    title: str
    state: str
    audience: dict[str, Any]
    texts: dict[str, str]
    parts_per_minute: int
    urgent: bool
    not_before: Moment | None
    directorate: str
    author: str
    approver: str | None
    created_at: Moment
    steps: list[dict[str, str]]


class Broadcasts(Shown):
    """The newest broadcasts, newest first."""

    items: list[Broadcast]


class Progress(Shown):
    """Phones and SMS segments in one state: waiting, skipped (asked for no news since), or the message's own."""

    phones: int
    parts: int


class BroadcastFile(Broadcast):
    """A broadcast with how far it is, and the steps that are this officer's now."""

    progress: dict[str, Progress]
    actions: list[str]


@operation.post("/broadcasts/preview", Preview, Proposal, PROBLEMS)
def preview_broadcast(caller: Caller, asked: Proposal) -> Reply:
    """Who a broadcast would reach and what it would cost, in both languages; nothing is kept."""
    with caller.runtime.db.transaction() as tx:
        found = rules.preview(caller.runtime.context(tx), caller.officer, _proposal(asked))
    return _refusal(found) if isinstance(found, Refused) else ok(Preview.model_validate(found))


@operation.post("/broadcasts", Broadcast, Proposal, PROBLEMS)
def propose_broadcast(caller: Caller, asked: Proposal) -> Reply:
    """Keep a broadcast for a second officer to approve; it is not changed afterwards."""

    def make(tx: Transaction) -> Reply:
        return _shown(rules.propose(caller.runtime.context(tx), caller.officer, _proposal(asked)))

    return acting.once(caller, "broadcast", asked, make)


@operation.get("/broadcasts", Broadcasts)
def list_broadcasts(caller: Caller) -> Reply:
    """The broadcasts of the officer's directorate, newest first; the governorate sees all."""
    with caller.runtime.db.transaction() as tx:
        found = rules.listed(caller.runtime.context(tx), caller.officer)
    return ok(Broadcasts(items=[Broadcast.model_validate(each) for each in found]))


@operation.get("/broadcasts/<number>", BroadcastFile, problems=("not_found",))
def open_broadcast(caller: Caller, number: str) -> Reply:
    """One broadcast with its progress."""
    with caller.runtime.db.transaction() as tx:
        found = rules.opened(caller.runtime.context(tx), caller.officer, _number(number))
    if found is None:
        raise RefusalError("not_found", "There is no such broadcast in your directorate.")
    progress = {state: Progress(phones=phones, parts=parts) for state, (phones, parts) in found.progress.items()}
    shown = Broadcast.model_validate(found.broadcast).model_dump()
    return ok(BroadcastFile(**shown, progress=progress, actions=list(found.actions)))


@operation.post("/broadcasts/<number>/actions", Broadcast, Step, STEP_PROBLEMS)
def act_on_broadcast(caller: Caller, asked: Step, number: str) -> Reply:
    """Approve, pause, resume or cancel; messages that are queued already still go."""
    known = _number(number)

    def make(tx: Transaction) -> Reply:
        return _shown(rules.act(caller.runtime.context(tx), caller.officer, known, asked.action))

    return acting.once(caller, f"broadcast {known}", asked, make)


def _proposal(asked: Proposal) -> rules.Proposal:
    not_before: datetime | None = asked.not_before
    return rules.Proposal(
        title=asked.title.strip(),
        meant=Meant(**asked.audience.model_dump()),
        texts=asked.texts.model_dump(),
        parts_per_minute=asked.parts_per_minute,
        urgent=asked.urgent,
        not_before=not_before,
    )


def _shown(found: Stored | Refused) -> Reply:
    return _refusal(found) if isinstance(found, Refused) else ok(Broadcast.model_validate(found))


def _refusal(refused: Refused) -> Reply:
    return problems.reply(refused.code, refused.message, refused.fields)


def _number(number: str) -> int:
    if not number.isascii() or not number.isdecimal() or len(number) > 15:
        raise RefusalError("not_found", "A broadcast has a number.")
    return int(number)
