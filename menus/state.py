"""The values that a hop turns: where a session stands, what is shown, what the outside is asked to do.

Decides: their shape and their form as JSON. Must not know: what any screen says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, TypeVar, dataclass_transform

from menus.localized import Language

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(made: type[Made]) -> type[Made]:
    """A dataclass that nobody changes, by mypy's word: one frozen at run time takes three times as long to make."""
    return dataclass(slots=True)(made)


@value
class State:
    """Where a session stands. `answers` keeps the order in which they were given: back takes the last away."""

    at: str = "menu"
    language: Language = "ar"
    menu: str = "main"
    service: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)
    case: dict[str, Any] = field(default_factory=dict)
    action: str = ""
    page: int = 0
    tries: int = 0
    notice: str = ""
    first: bool = False

    def to(self, at: str, **changes: Any) -> "State":
        """The same session at another screen, on its first page, with no wrong tries and no notice above it."""
        made = State(
            at, self.language, self.menu, self.service, self.answers, self.known, self.cases, self.case, self.action
        )
        for name, changed in changes.items():
            setattr(made, name, changed)
        return made

    def but(self, **changes: Any) -> "State":
        """The same session with these changes; several times as fast as `dataclasses.replace`."""
        kept = {"page": self.page, "tries": self.tries, "notice": self.notice, "first": self.first}
        return self.to(self.at, **{**kept, **changes})

    @property
    def today(self) -> date:
        """The local day on which the session began."""
        return date.fromisoformat(self.known["today"])

    def dump(self) -> dict[str, Any]:
        """JSON form, without what is empty."""
        return {name: held for name in _NAMES if (held := getattr(self, name))}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "State":
        """The state of a `dump`; a key of another release is left out."""
        return cls(**{name: held for name, held in stored.items() if name in _NAMES})


_NAMES = dict.fromkeys(each.name for each in fields(State))


Cut = dict[tuple[int | str, ...], list[str]]
"""The pages of a screen, by the room there is and the notice above it."""


@value
class Screen:
    """What is shown: a text, numbered options, and whether `0` leads back or the session is over.

    `name` is what statistics call it; empty: by where the session stands. `free`: any number may be an answer, so
    none of them can turn a page. `cut`: of a screen that is the same for everybody, the pages that it was cut into.
    """

    text: str
    options: tuple[tuple[str, str], ...] = ()
    back: bool = True
    end: bool = False
    name: str = ""
    free: bool = False
    cut: Cut | None = None

    def saying(self, text: str) -> "Screen":
        """The same screen with another text; its pages are its own."""
        return Screen(text, self.options, self.back, self.end, self.name, self.free)


@value
class Effect:
    """What only the outside can do; its result comes back to `engine.resume`."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


@value
class Turn:
    """One step of a session: either a screen to show or an effect to perform first."""

    state: State
    screen: Screen | None = None
    effect: Effect | None = None
