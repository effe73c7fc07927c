"""Every screen and SMS measured as the network counts it, before a citizen meets it.

Decides: what does not fit, in units, per language and operator. Must not know: files, the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from menus import engine
from menus.content import Content, Operator, Service
from menus.gsm import cost, segments
from menus.localized import LANGUAGES, Language, fill, placeholders
from menus.paths import screens
from menus.samples import case_states, end_states, longest_words, menu_states
from menus.state import State

NOTICES = ("", "retry", "unavailable")


@dataclass(frozen=True, slots=True)
class Measured:
    """One text: `units` septets or UTF-16 units on its longest page, pages (USSD) or segments (SMS)."""

    name: str
    language: str
    units: int
    count: int
    fault: str | None = None


def measure(content: Content) -> Iterator[Measured]:
    """Every screen of every way, with and without a notice above it, and every SMS, each at its longest."""
    for operator in content.operators:
        for language in LANGUAGES:
            worst: dict[str, Measured] = {}
            for state in _states(content, language):
                for found in _screen(content, operator, state):
                    rival = worst.get(found.name)
                    if rival is None or (found.fault or "", found.units) > (rival.fault or "", rival.units):
                        worst[found.name] = found
            yield from worst.values()
    for service in content.services.values():
        yield from _texts(content, service)


def _states(content: Content, language: Language) -> Iterator[State]:
    yield from menu_states(content, language)
    yield from end_states(content, language)
    for service in content.services.values():
        yield from case_states(content, service, language)
        for state in screens(content, service.id, language):
            yield state
            if state.at == "review":
                yield replace(state, at="correct")


def _screen(content: Content, operator: Operator, state: State) -> Iterator[Measured]:
    for notice in NOTICES if state.at != "end" else ("",):
        tries = engine.MAX_TRIES - 1 if notice == "retry" else 0
        shown = replace(state, notice=notice, tries=tries)
        name, cut, free = engine.layout(content, shown, operator.budget)
        room = operator.budget.first if state.first and operator.budget.first else operator.budget
        fault = None
        if any(not room.fits(page) for page in cut):
            # no key turns the page of a free input or of an end: it must be one
            fault = f"does not fit {'one page of ' if free or state.at == 'end' else ''}{operator.name}'s screen"
        marked = f"{name} @{operator.name}" + (f" +{notice}" if notice and fault else "")
        yield Measured(marked, state.language, max(map(cost, cut)), len(cut), fault)


def _texts(content: Content, service: Service) -> Iterator[Measured]:
    states = [service.use(state).text or content.states[state].text for state in service.workflow.states]
    moves = [move.text for move in service.workflow.moves if move.text]
    for key in sorted({*states, *moves}):
        for language in LANGUAGES:
            words = longest_words(content, service, language)
            text = fill(content.sms[key][language], {name: words[name] for name in placeholders(content.sms[key])})
            count = segments(text)
            fault = "takes more than one segment" if count > 1 else None
            yield Measured(f"sms {service.id}.{key}", language, cost(text), count, fault)
