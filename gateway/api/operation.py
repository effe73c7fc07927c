"""One operation of the API: its route, what it takes and answers, and the function that does it.

Decides: what must be declared of an operation, once, for serving and for describing. Must not know: Flask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from gateway.api.reply import Reply
from gateway.runtime import Runtime
from store.officers import Officer


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, of which runtime; `key` is the idempotency key of the request."""

    runtime: Runtime
    officer: Officer
    key: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """`run` is called with the caller, the query or body if any, and the variables of the path by name."""

    method: Literal["GET", "POST"]
    path: str
    run: Callable[..., Reply]
    answers: type[BaseModel]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    problems: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its `operationId`."""
        return self.run.__name__

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


def get(
    path: str, answers: type[BaseModel], query: type[BaseModel] | None = None, problems: tuple[str, ...] = ()
) -> Callable[[Callable[..., Reply]], Operation]:
    """Make a function the GET of a path; `problems` are those beyond what every operation may answer."""
    return lambda run: Operation("GET", path, run, answers, query, None, problems)


def post(
    path: str, answers: type[BaseModel], body: type[BaseModel], problems: tuple[str, ...] = ()
) -> Callable[[Callable[..., Reply]], Operation]:
    """Make a function the POST of a path; it honours `Idempotency-Key`."""
    return lambda run: Operation("POST", path, run, answers, None, body, problems)
