"""What a service costs a citizen: screens, keys and seconds, from dialling to the reference.

Decides: how a way through the screens is counted. Must not know: what is a fault, files.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from menus import engine
from menus.content import Content, Service
from menus.gsm import cost
from menus.localized import LANGUAGES, Language
from menus.operators import Operator
from menus.paths import CALLERS, visits
from menus.state import State

ROUND_TRIP_S = 3.0
"""The network's share of a hop [A]: to be replaced by the funnel's own medians."""
UNITS_A_SECOND = 12.0
"""Slow reading of a small screen [A]."""
KEY_S = 0.8
CALL_S = 180.0
"""A session's life at the provider (contract §1.4)."""


@dataclass(frozen=True, slots=True)
class Effort:
    """The longest way through one service: `screens` counts pages, `calls` how many sessions of 180 s it may need."""

    service: str
    caller: str
    language: str
    operator: str
    screens: int
    units: int
    seconds: float

    def __str__(self) -> str:
        front = f"{self.service}, {self.caller}, {self.language}, {self.operator}"
        return f"{front}: {self.screens} screens, {self.units} units, about {self.seconds:.0f} s, {self.calls} call(s)"

    @property
    def calls(self) -> int:
        """Sessions that the seconds fill: an unfinished form is continued in the next."""
        return int(self.seconds // CALL_S) + 1


def efforts(content: Content) -> Iterator[Effort]:
    """Of every service, in each language, on each operator's screens, for a new phone and a known one."""
    for service in content.services.values():
        for caller in CALLERS:
            for language in LANGUAGES:
                for operator in content.operators:
                    yield _effort(content, service, caller, language, operator)


def _effort(content: Content, service: Service, caller: str, language: Language, operator: Operator) -> Effort:
    reviews = [visit for visit in visits(content, service.id, caller, language) if visit.state.at == "review"]
    ways = [[*_menus(content, service, language), *visit.before, visit.state, _done(language)] for visit in reviews]
    counted = [[page for state in way for page in _pages(content, operator, state)] for way in ways]
    longest = max(counted, key=len)
    units = sum(map(cost, longest))
    keys = sum(len(value) for value in reviews[0].state.answers.values() if value.isdecimal())
    seconds = len(longest) * ROUND_TRIP_S + units / UNITS_A_SECOND + (keys + len(longest)) * KEY_S
    return Effort(service.id, caller, language, operator.name, len(longest), units, round(seconds, 1))


def _pages(content: Content, operator: Operator, state: State) -> list[str]:
    return engine.layout(content, state, operator.budget)[1]


def _menus(content: Content, service: Service, language: Language) -> list[State]:
    """The menus from the code to the form."""
    opening = State(language=language, known={"today": "2026-06-01"}, first=True)
    if any(item.service == service.id for item in content.menus["main"].items):
        return [opening]
    between = (name for name, menu in content.menus.items() if any(item.service == service.id for item in menu.items))
    return [opening, *(State(language=language, menu=name, known=opening.known) for name in between)]


def _done(language: Language) -> State:
    return State(at="end", language=language, action="done", case={"reference": "24839174"})
