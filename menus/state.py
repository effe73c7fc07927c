"""The values that a hop turns: where a session stands, what is shown, what the outside is asked to do.

Decides: their shape and their form as JSON. Must not know: what any screen says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from menus.localized import Language


@dataclass(frozen=True, slots=True)
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
        return replace(self, at=at, page=0, tries=0, notice="", first=False, **changes)

    @property
    def today(self) -> date:
        """The local day on which the session began."""
        return date.fromisoformat(self.known["today"])

    def dump(self) -> dict[str, Any]:
        """JSON form, without what is empty."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "State":
        """The state of a `dump`; a key of another release is left out."""
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in names})


@dataclass(frozen=True, slots=True)
class Screen:
    """What is shown: a text, numbered options, and whether `0` leads back or the session is over.

    `name` is what statistics call it; empty: by where the session stands. `free`: any number may be an answer, so
    none of them can turn a page.
    """

    text: str
    options: tuple[tuple[str, str], ...] = ()
    back: bool = True
    end: bool = False
    name: str = ""
    free: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What only the outside can do; its result comes back to `engine.resume`."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a session: either a screen to show or an effect to perform first."""

    state: State
    screen: Screen | None = None
    effect: Effect | None = None
