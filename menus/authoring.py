"""What an author should not write even where it loads: labels that look alike, screens nobody meets, no way back.

Decides: what makes content hard or impossible to use. Must not know: sizes (see menus/measure.py), files, the store.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from menus import engine
from menus.content import Content, Service
from menus.filling import form_of
from menus.forms import Question
from menus.gsm import Budget
from menus.localized import LANGUAGES, Localized, placeholders
from menus.normalise import fold
from menus.paths import CALLERS, screens, visits
from menus.samples import case_states, menu_states
from menus.typos import distance
from menus.workflow import ORIGIN, SAME

_ROOM = Budget(septets=10_000, ucs2=10_000)
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_TURNED = re.compile(r"\d[ \-]\d")
"""Digits that right-to-left text would show in another order (services-domain §3.3)."""
_CODE = re.compile(r"(?<!\u200e)\*[0-9*{]|[0-9}]#(?!\u200e)")
LOOKS_ALIKE = 6
"""Letters from which labels that differ in one letter are taken for each other."""


def faults(content: Content) -> list[str]:
    """Every fault, as `where: reason`."""
    found = [*_texts(content), *_choices(content), *_back(content)]
    for service in content.services.values():
        found += [*_unasked(content, service), *_classes(service), *_workflow(content, service)]
    return sorted(dict.fromkeys(found))


# -- words -------------------------------------------------------------------------------------------------------


def _texts(content: Content) -> Iterator[str]:
    for name, text in _named(content):
        if placeholders({"ar": text["ar"]}) != placeholders({"en": text["en"]}):
            yield f"{name}: Arabic and English have different placeholders"
        if _ARABIC.search(text["en"]):
            yield f"{name}: an Arabic letter makes the English text UCS-2"
        if len(text["ar"]) > 3 and text["ar"] == text["en"] and not placeholders(text):
            yield f"{name}: Arabic and English are the same text: is one not translated?"
        if _TURNED.search(text["ar"]):
            yield f"{name}: right-to-left text turns numbers round at a space or hyphen"
        if _CODE.search(text["ar"]):
            yield f"{name}: a code in right-to-left text needs U+200E around it"


def _named(content: Content) -> Iterator[tuple[str, Localized]]:
    yield from ((f"ussd.{name}", text) for name, text in content.ussd.items())
    yield from ((f"sms.{name}", text) for name, text in content.sms.items())
    yield from ((f"state {name}", kind.label) for name, kind in content.states.items())
    for name, menu in content.menus.items():
        yield f"menu {name}", menu.prompt
        yield from ((f"menu {name} {item.key}", item.label) for item in menu.items)
    for service in content.services.values():
        yield service.id, service.name
        for question in service.questions:
            yield f"{service.id}.{question.id}", question.prompt
            yield from ((f"{service.id}.{question.id} {choice.key}", choice.label) for choice in question.choices)


# -- choices -----------------------------------------------------------------------------------------------------


def _choices(content: Content) -> Iterator[str]:
    for name, menu in content.menus.items():
        yield from _alike(f"menu {name}", [(item.key, item.label) for item in menu.items])
        if not menu.items:
            yield f"menu {name}: a dead end, nothing can be chosen"
    for owner, question in _questions(content):
        yield from _alike(f"{owner}.{question.id}", [(choice.key, choice.label) for choice in question.choices])
        keys = [choice.key for choice in question.choices]
        if question.special and question.special.key in keys:
            yield f"{owner}.{question.id}: key {question.special.key} means two things"


def _questions(content: Content) -> Iterator[tuple[str, Question]]:
    yield from (("profile", question) for question in content.profile)
    for service in content.services.values():
        yield from ((service.id, question) for question in service.questions)


def _alike(name: str, labels: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    for (key, one), (other_key, other) in combinations(labels, 2):
        if key == other_key:
            yield f"{name}: key {key} is there twice"
        for language in LANGUAGES:
            a, b = fold(one[language]), fold(other[language])
            if a == b:
                yield f"{name}: {key} and {other_key} have the same label ({language})"
            elif min(len(a), len(b)) >= LOOKS_ALIKE and distance(a, b, 1) == 1:
                yield f"{name}: {key} and {other_key} differ in one letter ({language})"


# -- ways --------------------------------------------------------------------------------------------------------


def _back(content: Content) -> Iterator[str]:
    """`0`, or an empty answer where 0 is one, leads somewhere else from every screen but an end."""
    states = list(menu_states(content, "en"))
    for service in content.services.values():
        states += case_states(content, service, "en")
        states += screens(content, service.id, "en")
    for state in states:
        if state.at == "menu" and state.menu == "main":
            continue
        steps = (engine.advance(content, state, typed, _ROOM) for typed in ("0", ""))
        if not any(step.effect or (step.state.tries == 0 and replace(step.state, page=0) != state) for step in steps):
            yield f"{engine.layout(content, state, _ROOM)[0]}: there is no way back"


def _unasked(content: Content, service: Service) -> Iterator[str]:
    """A question that no way through the form asks."""
    asked: set[int] = set()
    for caller in CALLERS:
        for visit in visits(content, service.id, caller, "en"):
            if visit.state.at == "form":
                asked.add(id(form_of(content, visit.state).next_question(visit.state.answers)))
    for number, question in enumerate(service.questions):
        if id(question) not in asked:
            yield f"{service.id}.{question.id}: question {number + 1} is never asked"


def _classes(service: Service) -> Iterator[str]:
    for question in service.questions:
        if question.type != "choice" and "data" not in question.model_fields_set:
            yield f"{service.id}.{question.id}: typed by the citizen, but no data class (data: open|personal|sensitive)"


# -- workflows ---------------------------------------------------------------------------------------------------


def _workflow(content: Content, service: Service) -> Iterator[str]:
    """Every state can be reached from the start, and from every state the case can come to a close."""
    flow = service.workflow
    starts = {flow.start, *(state for state in flow.states if content.states[state].entry)}
    edges: dict[str, set[str]] = {state: set() for state in flow.states}
    for move in flow.moves:
        for source in move.source:
            if move.to not in (SAME, ORIGIN):
                edges[source].add(move.to)
    reached = _reach(starts, edges)
    for state in sorted(set(flow.states) - reached):
        yield f"{service.id} {state}: cannot be reached from {flow.start}"
    for state in sorted(reached):
        back = {state} | ({each for each in flow.states if state in edges[each]} if _returns(service, state) else set())
        if not any(content.states[each].closed for each in _reach(back, edges)):
            yield f"{service.id} {state}: a dead end, no way to a closed state"


def _returns(service: Service, state: str) -> bool:
    return any(move.to == ORIGIN and state in move.source for move in service.workflow.moves)


def _reach(starts: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached, fresh = set(starts), set(starts)
    while fresh:
        fresh = {target for state in fresh for target in edges[state]} - reached
        reached |= fresh
    return reached
