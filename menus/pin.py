"""The screens of a citizen's PIN: set, change, remove, give before a case is opened, see a case from another phone.

Decides: what each shows and what an answer leads to. Must not know: whether a PIN is right, how it is kept. A PIN is
in no state: it goes from the answer into an effect.
"""

from dataclasses import replace
from typing import Any

from menus import casework
from menus.content import Content
from menus.references import is_reference
from menus.state import Effect, Screen, State, Turn

KNOWN = "known_pin"
"""Key in `State.known` of a phone that has a PIN."""
GIVEN = "pin_given"
"""Key in `State.known` of a session in which it was given."""
MENU = "settings"
ACTIONS = ("set", "remove", "other")
LENGTH = 4


def begin(state: State, action: str) -> Turn:
    """Open one of the lines of the settings."""
    if action == "remove" and KNOWN not in state.known:
        return Turn(state.to("end", action="pin_none"))
    return Turn(state.to("pin", action=action, case={}))


def show_pin(content: Content, state: State) -> Screen:
    """Asks for the present PIN, the new one, or a request and its owner's PIN."""
    if state.action == "other":
        name = "pin_owner" if state.case else "pin_reference"
    else:
        name = "pin_ask" if _is_locked(state) or state.action == "remove" else "pin_set"
    return Screen(content.ussd[name][state.language], free=True)


def take_pin(content: Content, state: State, typed: str) -> Turn | None:
    """Four digits, or eight for a request."""
    if typed in ("", "0"):
        return Turn(state.to("pin", case={}) if state.case else state.to("menu", menu=MENU, action=""))
    if state.action == "other" and not state.case:
        return Turn(state.to("pin", case={"reference": typed})) if is_reference(typed) else None
    if not _is_pin(typed):
        return None
    if state.action == "other":
        return Turn(state, effect=Effect("pin_status", {**state.case, "pin": typed}))
    if state.action == "remove":
        return Turn(state, effect=Effect("pin_remove", {"pin": typed}))
    return Turn(state, effect=Effect("pin_check" if _is_locked(state) else "pin_set", {"pin": typed}))


def show_case(content: Content, state: State) -> Screen:
    """The case, once the phone's PIN was given."""
    if _is_locked(state):
        return Screen(content.ussd["pin_ask"][state.language], free=True, name="pin")
    return casework.show_case(content, state)


def take_case(content: Content, state: State, typed: str) -> Turn | None:
    """What the citizen does on the case's screen, once the phone's PIN was given."""
    if not _is_locked(state):
        return casework.take_case(content, state, typed)
    if typed in ("", "0"):
        return casework.take_case(content, state, "0")
    return Turn(state, effect=Effect("pin_check", {"pin": typed})) if _is_pin(typed) else None


def resume_check(content: Content, state: State, result: dict[str, Any]) -> Turn | None:
    """Where the PIN was asked for, now open."""
    if result["verdict"] == "right":
        known = {**state.known, GIVEN: "yes"}
        return Turn(replace(state, known=known, page=0, tries=0, notice="", first=False))
    return _refused(state, result)


def resume_set(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """The PIN is kept."""
    return Turn(state.to("end", action="pin_kept"))


def resume_remove(content: Content, state: State, result: dict[str, Any]) -> Turn | None:
    """The PIN is no more."""
    return Turn(state.to("end", action="pin_removed")) if result["verdict"] == "right" else _refused(state, result)


def resume_status(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """The state of somebody's case for whoever knows its PIN; else the same words whatever was wrong."""
    if "reference" not in result:
        return Turn(state.to("end", action="pin_refused"))
    office = content.office(result["directorate"], state.language)
    action = "status_due" if result["due"] else "status"
    return Turn(state.to("end", action=action, case={**result, "office": office}))


def _refused(state: State, result: dict[str, Any]) -> Turn | None:
    return Turn(state.to("end", action="pin_locked")) if result["verdict"] == "locked" else None


def _is_locked(state: State) -> bool:
    return KNOWN in state.known and GIVEN not in state.known


def _is_pin(typed: str) -> bool:
    return len(typed) == LENGTH and typed.isascii() and typed.isdecimal()
