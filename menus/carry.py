"""A session or a form carried to another version of the content: by the explicit map, else by what is still valid.

Decides: where it goes on in a version that it did not begin with. Must not know: sessions' memory, drafts, versions.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from menus.content import Content
from menus.filling import form_of
from menus.state import State


def carried(content: Content, state: State) -> State:
    """The session in `content`; what has no counterpart leads to the main menu, a form to its first open question.

    An end stays an end.
    """
    state = _moved(content, state)
    if state.at == "end":
        return state if state.action in content.ussd else state.to("end", action="fault", case={})
    if state.service and state.service not in content.services:
        return _home(state)
    if state.at == "menu" and state.menu not in content.menus:
        return _home(state)
    if state.at in ("form", "review", "correct"):
        return _in_form(content, state)
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


def form(content: Content, service: str, answers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What a service and the answers to its questions are called in `content`.

    An answer without a question is left out: nothing would ever ask for it, correct it, or know that it is sensitive.
    """
    now = content.moved.get(service, service)
    found = content.services.get(now)
    asked = {question.id for question in (*content.profile, *(found.questions if found else ()))}
    named = {_field(content, service, now, name): value for name, value in answers.items()}
    return now, {name: value for name, value in named.items() if name in asked}


def sent(own: Content | None, present: Content, args: dict[str, Any]) -> tuple[Content, dict[str, Any]]:
    """By which content an application is taken, and its arguments there: by that of its call, if it is not gone.

    But the store and the offices know only services of the present content: one that was renamed has its new name.
    """
    service = args["service"]
    if own and (service in present.services or service not in present.moved):
        return own, args
    now, answers = form(present, service, args["answers"])
    return present, {**args, "service": now, "answers": answers}


def names(content: Content, service: str) -> list[str]:
    """What a service is called and was called before."""
    return [service, *(before for before, now in content.moved.items() if now == service)]


def _field(content: Content, before: str, now: str, name: str) -> str:
    """`water.plot: water.parcel` in menus.yaml; of a service that has moved, under its older or its present name."""
    to = content.moved.get(f"{before}.{name}") or content.moved.get(f"{now}.{name}")
    return to.rpartition(".")[2] if to else name


def _moved(content: Content, state: State) -> State:
    service, answers = form(content, state.service, state.answers)
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
