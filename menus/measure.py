"""Every screen and SMS measured as the network counts it, before a citizen meets it.

Decides: what does not fit, in units, per language and operator. Must not know: files, the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from menus import engine
from menus.content import Content, Service
from menus.gsm import cost, segments
from menus.localized import LANGUAGES, Language, fill, placeholders
from menus.operators import Operator
from menus.paths import screens
from menus.samples import case_states, end_states, longest_words, menu_states, notes
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
    for language in LANGUAGES:
        words = longest_words(content, service, language)
        for key in sorted({*states, *moves}):
            yield _sms(content, f"sms {service.id}.{key}", key, language, words)
        for state in service.workflow.states:
            yield from _status(content, service, state, language, words)


def _status(
    content: Content, service: Service, state: str, language: Language, words: dict[str, str]
) -> Iterator[Measured]:
    """The answer to a reference: the state's own word, and what it asks of the citizen."""
    key = "status_why" if content.states[state].closed else "status_needs"
    own = words | {"state": content.state_label(state, language)}
    for note in notes(content, service, state, language, own):
        yield _sms(content, f"sms {service.id}.{key} {state}", key, language, own | {"need": note})


def _sms(content: Content, name: str, key: str, language: Language, words: dict[str, str]) -> Measured:
    """A text as it is sent: in its short form where that saves a segment."""
    forms = [content.sms[each] for each in (key, f"{key}_short") if each in content.sms]
    texts = [fill(form[language], {word: words[word] for word in placeholders(form)}) for form in forms]
    text = texts[0] if segments(texts[0]) == 1 else min(texts, key=segments)
    fault = "takes more than one segment" if segments(text) > 1 else None
    return Measured(name, language, cost(text), segments(text), fault)
