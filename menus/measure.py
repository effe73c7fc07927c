"""Every screen and SMS measured as the network counts it, before a citizen meets it.

Decides: what does not fit, in units, per language and operator. Must not know: files, the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from menus import engine, texts
from menus.content import Content, Service
from menus.filling import form_of
from menus.gsm import cost, segments
from menus.localized import LANGUAGES, Language, fill, placeholders
from menus.operators import Operator
from menus.paths import screens
from menus.samples import case_states, end_states, general_words, longest_words, menu_states, notes, source_of
from menus.state import State
from menus.yaml_source import Where

PARTS = {"my_cases": 2}
"""Segments of the SMS that may take more than one."""
_NOTED = frozenset({"status_needs", "status_why"})
"""SMS about a case with what its state asks for, which is measured state by state."""
_ACTING = frozenset("menu review resume list case pin confirm rate answer".split())
"""Where an answer can ask something of the outside, which may be away; a question of a form: where it says `own`."""
_OPENINGS = frozenset({"menu", "resume", "case"})
"""What a call begins with, and begins anew with."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One text: `units` septets or UTF-16 units on its longest page, pages (USSD) or segments (SMS)."""

    name: str
    language: str
    units: int
    count: int
    fault: str | None = None
    source: tuple[str, Where] = ("texts.yaml", ())


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
    yield from _alone(content)
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
    """A screen under each notice, and as a call's first: answers may follow a shortcut, so that every one can be it."""
    for first in (False, True) if operator.budget.first else (False,):
        plain = engine.layout(content, replace(state, first=first), operator.budget)[1]
        for notice, tries in _notices(content, state):
            shown = replace(state, first=first, notice=notice, tries=tries)
            name, cut, free = engine.layout(content, shown, operator.budget)
            fault = _too_long(operator, first, cut, free or state.at == "end")
            if notice and cut == plain and not first:
                fault = f"{operator.name}'s screen has no room for the text {notice}"
            where = f"{' first' if first else ''}{f' +{notice}' if notice else ''}" if fault else ""
            yield Measured(
                f"{name} @{operator.name}{where}",
                state.language,
                max(map(cost, cut)),
                len(cut),
                fault,
                source_of(state),
            )


def _notices(content: Content, state: State) -> Iterator[tuple[str, int]]:
    """What can stand above a screen, and the wrong tries so far: an end has nothing, and only an effect can fail."""
    yield "", 0
    if state.at == "end":
        return
    yield from (("retry", tries) for tries in range(1, engine.MAX_TRIES))
    if state.at in _OPENINGS:
        yield "anew", 0
    question = form_of(content, state).next_question(state.answers) if state.at == "form" else None
    if state.at in _ACTING or (question and question.own):
        yield "unavailable", 0


def _too_long(operator: Operator, first: bool, cut: list[str], is_one_page: bool) -> str | None:
    """No key turns the page of a free input or of an end: it must be one."""
    room = (first and operator.budget.first) or operator.budget
    if all(room.fits(page) for page in cut):
        return None
    return f"does not fit {'one page of ' if is_one_page else ''}{operator.name}'s {'first ' if first else ''}screen"


def _alone(content: Content) -> Iterator[Measured]:
    """The SMS that are about no case, once; of those about one see `_texts`."""
    for language in LANGUAGES:
        words = general_words(content, language)
        for key in texts.ALONE:
            yield _sms(content, f"sms {key}", key, language, words)


def _texts(content: Content, service: Service) -> Iterator[Measured]:
    states = [service.use(state).text or content.states[state].text for state in service.workflow.states]
    moves = [move.text for move in service.workflow.moves if move.text]
    urgent = [service.urgent.text] if service.urgent else []
    for language in LANGUAGES:
        words = longest_words(content, service, language)
        for key in sorted({*states, *moves, *urgent, *(texts.OF_CASE.keys() - _NOTED)}):
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
    said = [fill(form[language], {word: words[word] for word in placeholders(form)}) for form in forms]
    text = said[0] if segments(said[0]) == 1 else min(said, key=segments)
    most = PARTS.get(key, 1)
    fault = f"takes {segments(text)} segments, more than {'one segment' if most == 1 else most}"
    kept = None if segments(text) <= most else fault
    return Measured(name, language, cost(text), segments(text), kept, ("texts.yaml", ("sms", key)))
