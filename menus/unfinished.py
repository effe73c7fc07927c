"""The screen that offers an unfinished form again, and which sessions leave one.

Decides: what is worth keeping, and what continue, start again and delete do. Must not know: the store, sessions.
"""

from dataclasses import replace
from typing import Any

from menus import filling
from menus.content import Content
from menus.localized import fill
from menus.state import Effect, Screen, State, Turn

ORIGIN = "origin"
"""Key in `State.known`: the session in which this form was begun, when it was not this one."""

_IN_FORM = frozenset({"form", "review", "correct"})
_CUT_OFF = frozenset({"too_many", "fault"})
"""Ends that the citizen did not choose."""
CHOICES = ("1", "2", "3")


def is_unfinished(state: State) -> bool:
    """Whether a session that stops here leaves a form to go on with: consent is given, and something is answered."""
    if not state.service or not state.answers:
        return False
    if state.at not in _IN_FORM and not (state.at == "end" and state.action in _CUT_OFF):
        return False
    return "yes" in (state.answers.get("consent"), state.known.get("known_consent"))


def offered(state: State, service: str, answers: dict[str, str], origin: str) -> State:
    """The opening of a session whose phone left a form unfinished."""
    return state.to("resume", service=service, answers=dict(answers), known={**state.known, ORIGIN: origin})


def recalled(state: State, origin: str) -> State:
    """The same where the store cannot say who calls: with what the session that stood at `state` knew of the phone."""
    opening = State(language=state.language, known=_own(state))
    return offered(opening, state.service, state.answers, state.known.get(ORIGIN, origin))


def show_resume(content: Content, state: State) -> Screen:
    """Which form, and what may become of it; back leads to the menu and keeps it."""
    noun = content.services[state.service].noun[state.language]
    options = tuple((key, content.ussd[f"resume_{key}"][state.language]) for key in CHOICES)
    return Screen(fill(content.ussd["resume"][state.language], {"service": noun}), options)


def take_resume(content: Content, state: State, typed: str) -> Turn | None:
    """Continue where the answers end; start again or delete drops them for good."""
    if typed == "1":
        return filling.go_on(content, state)
    if typed in ("2", "3"):
        chosen = state.service if typed == "2" else ""
        return Turn(replace(state, service=chosen, answers={}), effect=discard(state))
    return Turn(forgotten(state)) if typed == "0" else None


def discard(state: State) -> Effect:
    """Forget the form for good."""
    return Effect("discard", {"origin": state.known[ORIGIN]})


def forgotten(state: State) -> State:
    """The main menu; the form is no longer this session's."""
    return state.to("menu", menu="main", service="", answers={}, known=_own(state))


def resume_discard(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """The form anew when it is to be started again, else the menu."""
    service, clean = state.service, forgotten(state)
    return filling.begin(content, clean, service) if service else Turn(clean)


def _own(state: State) -> dict[str, str]:
    return {name: value for name, value in state.known.items() if name != ORIGIN}
