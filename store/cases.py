"""The values that speak of an application: a case, a submission, who acts on it, and what can be refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class StaleCase(Exception):  # noqa: N818
    """Someone changed the case since it was read."""


class IllegalMove(Exception):  # noqa: N818
    """The workflow does not have it. The message names the moves, states or services that it has."""


@dataclass(frozen=True, slots=True)
class NewApplication:
    """What a submission says. `submission` is its idempotency key, `submitted_by` who acted for the citizen.

    `state` None is the first state of the service.
    """

    service: str
    phone: str
    place: str | None
    language: str
    answers: Mapping[str, Any]
    channel: str
    submission: str | None
    directorate: str | None
    due_at: datetime | None
    submitted_by: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """One row of the shared table; `came_from` is the state before this one, `directorate` holds the case."""

    reference: str
    service: str
    state: str
    phone: str
    place: str | None
    language: str
    answers: dict[str, Any]
    details: dict[str, Any]
    channel: str
    directorate: str
    came_from: str | None
    submission: str | None
    submitted_by: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    state_since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what: kind is officer, citizen or system; `details` go into the event."""

    kind: str
    actor: str | None
    action: str | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """Cases that an officer may see: of this directorate and of these services; None is any.

    `level`: only open cases held so far up (3: the governor's follow-up office).
    """

    directorate: str | None
    services: Sequence[str] | None
    level: int | None = None
