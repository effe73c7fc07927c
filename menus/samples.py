"""Sessions at every screen outside the forms, filled with the longest words that the content lets them have.

Decides: which values stand for all others. Must not know: what is a fault, operators.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from menus import pin, texts
from menus.content import Content, Service
from menus.gsm import cost
from menus.localized import Language, fill, placeholders
from menus.needs import needs
from menus.paths import longest_place
from menus.state import State
from menus.yaml_source import Where

SAMPLE_WIDTH = 14
"""Characters of an office's or place's approved short name (services-domain §4)."""
REFERENCE = "88888888"
CODE = "*964*99#"
"""A code with a shortcut: a longer one is nobody's to dial."""
CASES = 3
"""Lines of a list of cases by SMS."""


def menu_states(content: Content, language: Language) -> Iterator[State]:
    """Every menu, and what stands before a form or in place of a list."""
    opening = State(language=language, known={"today": "2026-06-01"})
    for name in content.menus:
        yield replace(opening, menu=name)
    yield replace(opening, at="list")
    if pin.MENU in content.menus:
        yield from _pin_states(opening)
    for service in content.services.values():
        yield replace(opening, at="resume", service=service.id)
        if service.window:
            yield replace(opening, at="closed", service=service.id)


def _pin_states(opening: State) -> Iterator[State]:
    """Of what the settings lead to."""
    has_pin = {**opening.known, pin.KNOWN: "yes"}
    for action in pin.ACTIONS:
        yield replace(opening, at="pin", action=action)
        yield replace(opening, at="pin", action=action, known=has_pin)
    yield replace(opening, at="pin", action="other", case={"reference": REFERENCE})


def end_states(content: Content, language: Language) -> Iterator[State]:
    """Every way in which a session ends."""
    label = max(content.states, key=lambda state: cost(content.state_label(state, language)))
    questions = [*content.profile, *(question for each in content.services.values() for question in each.questions)]
    chosen = [choice.end for question in questions for choice in question.choices if choice.end]
    office = max((content.office(each, language) for each in content.directorates), key=cost)
    case = {"reference": REFERENCE, "state": label, "office": office, "due": "28/12"}
    for action in dict.fromkeys([*texts.ENDS, *chosen]):
        yield State(at="end", language=language, action=action, case=case)


def case_states(content: Content, service: Service, language: Language) -> Iterator[State]:
    """A case in each of its states with everything that its owner can do, and a list of cases."""
    words = longest_words(content, service, language)
    long = max(service.workflow.states, key=lambda state: cost(content.state_label(state, language)))
    listed = [{"reference": REFERENCE, "state": long}] * 20
    yield State(at="list", language=language, cases=listed)
    yield State(at="list", language=language)
    for state in service.workflow.states:
        yield from _at_case(content, service, language, state, words)


def _at_case(
    content: Content, service: Service, language: Language, state: str, words: dict[str, str]
) -> Iterator[State]:
    offices = {service.routing.default, *service.routing.by_place.values()}
    answers = {name: "9" * 6 for question in service.questions for name in placeholders(question.prompt)}
    case: dict[str, Any] = {
        "reference": REFERENCE,
        "service": service.id,
        "state": state,
        "version": 1,
        "directorate": max(offices, key=lambda office: cost(content.office(office, language))),
        "place": longest_place(content, language),
        "answers": answers,
        "due": "28/12",
        "question": "",
        "note": _note(content, service, state, language, words),
        "spent": [],
    }
    shown = State(at="case", language=language, case=case)
    yield shown
    if content.papers(service, state):
        yield replace(shown, at="papers")
    for move in service.workflow.by_citizen(state, answers):
        if move.confirm:
            yield replace(shown, at="confirm", action=move.action)
        if any(param.type == "rating" for param in move.params):
            yield replace(shown, at="rate", action=move.action)
        if move.answers:
            for question in service.questions:
                yield replace(shown, at="answer", action=move.action, case={**case, "question": question.id})


def _note(content: Content, service: Service, state: str, language: Language, words: dict[str, str]) -> str:
    found = notes(content, service, state, language, words)
    return max(found, key=cost, default="")


def notes(content: Content, service: Service, state: str, language: str, words: dict[str, str]) -> list[str]:
    """What the citizen may be told about a case in this state, at its longest."""
    if state == "INFO_REQUIRED":
        return [words["question"]]
    return [fill(text[language], words) for text in needs(content, service, state) if placeholders(text) <= set(words)]


def general_words(content: Content, language: Language) -> dict[str, str]:
    """The longest value of each placeholder of an SMS that is about no case."""
    label = max((content.state_label(state, language) for state in content.states), key=cost)
    offers = [
        ", ".join(dict.fromkeys(f"{move.reply} {move.label[language]}" for move in moves if move.reply and move.label))
        for service in content.services.values()
        for state in service.workflow.states
        if (moves := service.workflow.by_citizen(state, {}))
    ]
    return {
        "code": CODE,
        "reference": REFERENCE,
        "word": f"{'W' * SAMPLE_WIDTH} {REFERENCE}",
        "options": max(offers, key=cost, default=""),
        "cases": "\n".join([f"{REFERENCE} {label}"] * CASES),
    }


def source_of(state: State) -> tuple[str, Where]:
    """The file, and where in it, that an author changes to change the screen of a state."""
    if state.at == "menu":
        return "menus.yaml", ("menus", state.menu)
    if state.at == "end":
        return "texts.yaml", ("ussd", state.action)
    service = state.service or state.case.get("service")
    return (f"services/{service}.yaml", ()) if service else ("texts.yaml", ("ussd",))


def longest_words(content: Content, service: Service, language: str) -> dict[str, str]:
    """The longest value that each placeholder of a text can take in a service."""
    offices = {service.routing.default, *service.routing.by_place.values()}
    nouns = [question.noun[language] for question in service.questions]
    known = {
        "reference": REFERENCE,
        "days": "20",
        "due": "15/10",
        "office": max((content.office(office, language) for office in offices), key=len),
        "state": max((content.state_label(state, language) for state in service.workflow.states), key=len),
        "reason": max((reason[language] for reason in service.reasons.values()), key=len, default=""),
        "question": max([*nouns, *(noun[language] for noun in content.questions.values())], key=len) + f" {'0' * 20}",
        "papers": service.papers[language] if service.papers else "",
    }
    widths = {"day": 5, "hour": 2, "amount": 7, "integer": 5, "code": SAMPLE_WIDTH, "note": 20, "due": 5}
    for move in service.workflow.moves:
        for param in move.params:
            width = len(str(param.high)) if param.high is not None else widths.get(param.type, SAMPLE_WIDTH)
            known.setdefault(param.id, "0" * width)
    return known
