"""A session carried to another version of the content: by the explicit map, else by what of its answers is still valid.

Decides: where a session goes on when its own version is gone. Must not know: sessions' memory, versions.
"""

from dataclasses import replace

from menus.content import Content
from menus.filling import form_of
from menus.state import State


def carried(content: Content, state: State) -> State:
    """The session in `content`; what has no counterpart leads to the main menu, a form to its first open question."""
    state = _moved(content, state)
    if state.service and state.service not in content.services:
        return _home(state)
    if state.at == "menu" and state.menu not in content.menus:
        return _home(state)
    if state.at in ("form", "review", "correct"):
        return _in_form(content, state)
    if state.at == "end" and state.action not in content.ussd:
        return _home(state)
    if state.at == "closed" and content.services[state.service].window is None:
        return _home(state)
    return _at_case(content, state)


def is_same_place(content: Content, before: State, after: State) -> bool:
    """Whether the question under way is the one that the citizen was shown, so that what they typed is its answer."""
    service = content.moved.get(before.service, before.service)
    if (after.at, after.service, after.menu) != (before.at, service, before.menu):
        return False
    question = form_of(content, after).next_question(after.answers) if after.at == "form" else None
    return question is None or question.id not in after.answers


def _moved(content: Content, state: State) -> State:
    """`moved` in menus.yaml says what became of a service, a field or a menu: `water.plot: water.parcel`."""
    service = content.moved.get(state.service, state.service)
    prefix = f"{state.service}."
    answers = {}
    for name, value in state.answers.items():
        answers[content.moved.get(prefix + name, prefix + name).rpartition(".")[2]] = value
    menu = content.moved.get(f"menu {state.menu}", state.menu).removeprefix("menu ")
    return replace(state, service=service, answers=answers, menu=menu)


def _home(state: State) -> State:
    return state.to("menu", menu="main", service="", answers={}, case={}, cases=[], action="")


def _in_form(content: Content, state: State) -> State:
    complete = form_of(content, state).next_question(state.answers) is None
    if complete and state.at == "correct":
        return state
    at = "review" if complete else "form"
    return state if at == state.at else state.to(at)


def _at_case(content: Content, state: State) -> State:
    """A case is read anew from the list: its moves may be others now."""
    if state.at in ("confirm", "rate", "answer", "papers"):
        return state.to("case", action="") if state.case.get("service") in content.services else _home(state)
    return state
