"""The shapes of the API's bodies: cases, what happened to them, and what officers ask.

Decides: names and forms in JSON. Must not know: how the values are found. Its docstrings and descriptions are public:
the OpenAPI document quotes them.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.api import cursors
from gateway.api.problems import Problem
from menus import phones

MOST = 100
"""Actions in one bulk request."""


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def as_phone(raw: str) -> str:
    """E.164 of any form; ValueError."""
    phone = phones.from_wire(raw)
    if phone is None:
        raise ValueError("is not a phone number")
    return phone


def _cursor(raw: str) -> str:
    cursors.read(raw)
    return raw


Moment = Annotated[datetime, AfterValidator(_utc)]


class Asked(BaseModel):
    """What comes in: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """What goes out."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, frozen=True)


class Filter(Asked):
    """Which cases are listed."""

    service: str | None = Field(default=None, description="a service id of GET /services")
    state: str | None = Field(default=None, description="a state, such as UNDER_REVIEW")
    phone: Annotated[str, AfterValidator(as_phone)] | None = Field(default=None, description="the citizen's, any form")
    limit: int = Field(default=50, ge=1, le=200, description="most cases on this page")
    cursor: Annotated[str, AfterValidator(_cursor)] | None = Field(
        default=None, description="`next` of the page before, with the same filters"
    )


class Action(Asked):
    """An action on a case."""

    model_config = ConfigDict(strict=True)

    action: str = Field(pattern=r"^[a-z][a-z_]{0,39}$", description="one of the case's `actions`")
    params: dict[str, Any] = Field(default_factory=dict, description="the action's parameters by id")
    expected_version: int = Field(ge=1, description="the version that was read; another one refuses the action")


class ReferencedAction(Action):
    """An action that names its case."""

    reference: str = Field(pattern=r"^[0-9]{8}$")


class Actions(Asked):
    """Actions on many cases, each made or refused by itself, in this order."""

    actions: list[ReferencedAction] = Field(min_length=1, max_length=MOST)


class Case(Shown):
    """An application. `details` is what the office added; `came_from` is the state before this one."""

    reference: str
    service: str
    state: str
    version: int
    phone: str
    place: str | None
    language: str
    answers: dict[str, Any]
    details: dict[str, Any]
    channel: str
    directorate: str = Field(description="the directorate that holds the case")
    came_from: str | None
    submitted_by: str | None = Field(description="who acted for the citizen")
    created_at: Moment
    updated_at: Moment
    state_since: Moment
    due_at: Moment | None


class Cases(Shown):
    """A page of cases, newest first; `next` is the cursor of the page after it, null on the last."""

    items: list[Case]
    next: str | None


class Event(Shown):
    """One thing that happened to a case. `actor_kind`: officer, citizen, system, or database (another system)."""

    from_state: str | None
    to_state: str
    action: str | None
    actor_kind: str
    actor: str | None
    reason: str | None
    details: dict[str, Any]
    before: dict[str, Any] | None = Field(description="other columns that it changed, as they were")
    after: dict[str, Any] | None = Field(description="the same, as they became")
    version: int
    at: Moment


class Message(Shown):
    """An SMS about a case; `state` is how far it is on its way, `parts` how many segments it takes."""

    id: int
    phone: str
    kind: str
    language: str
    text: str
    parts: int
    state: str = Field(description="queued, claimed, sending, sent, delivered, undelivered, failed, unsure, muted")
    attempts: int
    error: str | None
    created_at: Moment
    sent_at: Moment | None
    closed_at: Moment | None


class Param(Shown):
    """A parameter of an action; `form` is what it accepts."""

    id: str
    type: str
    required: bool
    form: str


class Move(Shown):
    """An action that leads from states to a state, for some roles."""

    action: str
    source: list[str] = Field(alias="from")
    to: str = Field(description="a state; `same` stays where it is, `origin` goes back to `came_from`")
    by: list[str] = Field(description="roles; CITIZEN and SYSTEM are not officers'")
    params: list[Param]
    label: dict[str, str] | None = Field(description="the citizen's word for it, by language")
    when: dict[str, list[str]] = Field(description="only for cases with one of these values in each of these answers")
    came_from: list[str] = Field(
        description="only for cases that came into the state from one of these, whatever was asked since; empty: any"
    )
    times: int | None = Field(description="how often a case may make it; null: any number")
    within: int | None = Field(description="days since the state was entered; null: no limit")
    asked_of: list[str] = Field(description="directorates that all answer before the case moves on")


class Clock(Shown):
    """The two clocks of an open case: the state's, and the whole case's, which stands still on the citizen's turn."""

    turn: str = Field(description="who is awaited: office or citizen")
    since: Moment
    state_due_at: Moment = Field(description="when this state's time is over")
    case_due_at: Moment | None = Field(description="when the whole case's is; null while it stands still")
    used: int = Field(description="working days that the case has used before this turn")
    level: int = Field(description="held by: 0 its officers, 1 supervisor, 2 director, 3 governor's follow-up office")
    next_at: Moment | None = Field(description="when the system acts if nobody does")


class CaseFile(Case):
    """A case with its history and messages, oldest first, its clocks, and the actions that are this officer's now."""

    clock: Clock | None = Field(description="null for a closed case")
    history: list[Event]
    messages: list[Message]
    actions: list[Move]


class Result(Shown):
    """What became of one action of many: the status it would have had by itself, and the case or the problem."""

    reference: str
    status: int
    application: Case | None = None
    problem: Problem | None = None


class Results(Shown):
    """One result for each action, in the order of the actions."""

    results: list[Result]
