"""The engine's effects, performed: name -> use-case.

Decides: which use-case an effect means, and the key that makes it happen once. Must not know: sessions, providers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from handlers import apply, cases, drafts, pins, profile
from handlers.context import Context
from menus.state import Effect


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: `turn` counts the inputs of the session, so that a repeated input is the same act."""

    phone: str
    channel: str
    session: str
    turn: int
    language: str


Use = Callable[[Context, Caller, dict[str, Any]], dict[str, Any]]


def perform(context: Context, caller: Caller, effect: Effect) -> dict[str, Any]:
    """The result of an effect, JSON-able; performing the same one again gives the same result and changes nothing."""
    return _USES[effect.name](context, caller, effect.args)


def _submit(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return apply.submit(context, caller.phone, caller.channel, caller.session, args)


def _language(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return profile.set_language(context, caller.phone, caller.session, args)


def _cases(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return cases.listed(context, caller.phone, args["services"])


def _case(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return cases.shown(context, caller.phone, args["reference"], caller.language)


def _own_reference(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    own = cases.owned(context, caller.phone, args["reference"]) is not None
    return {"own": own, "reference": args["reference"]}


def _act(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return cases.act(context, caller.phone, _key(caller), args)


def _discard(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return drafts.discard(context, caller.phone, args)


def _pin_check(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return pins.check(context, caller.phone, _key(caller), args["pin"])


def _pin_set(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return pins.change(context, caller.phone, _key(caller), args["pin"])


def _pin_remove(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return pins.remove(context, caller.phone, _key(caller), args["pin"])


def _pin_status(context: Context, caller: Caller, args: dict[str, Any]) -> dict[str, Any]:
    return pins.status(context, caller.phone, _key(caller), args["reference"], args["pin"])


def _key(caller: Caller) -> str:
    return f"{caller.channel}:{caller.session}:{caller.turn}"


_USES: Mapping[str, Use] = {
    "submit": _submit,
    "language": _language,
    "cases": _cases,
    "case": _case,
    "own_reference": _own_reference,
    "act": _act,
    "discard": _discard,
    "pin_check": _pin_check,
    "pin_set": _pin_set,
    "pin_remove": _pin_remove,
    "pin_status": _pin_status,
}
