"""The citizen's own cases: listed, looked at, acted on.

Decides: what the owner's phone may see and do. Must not know: screens, the wire.
"""

from typing import Any

from handlers import moves, params
from handlers.context import Context, Refused
from handlers.personal import HIDDEN
from handlers.sealing import is_sealed
from handlers.wording import case_words, day
from menus.needs import need
from menus.workflow import CITIZEN, Param
from store import applications, idempotency
from store.applications import Application

LISTED = 20
"""Newest cases that a phone is shown."""


def listed(context: Context, phone: str, services: str) -> dict[str, Any]:
    """The phone's cases, newest first: reference and state."""
    chosen = None if services == "all" else [services]
    found = applications.of_phone(context.tx, phone, chosen, limit=LISTED)
    return {"cases": [{"reference": case.reference, "state": case.state} for case in found]}


def owned(context: Context, phone: str, reference: str) -> Application | None:
    """The case, if this phone is its owner."""
    return applications.own(context.tx, reference, phone)


def shown(context: Context, phone: str, reference: str, language: str) -> dict[str, Any]:
    """The case as a status screen needs it, or {} when it is not this phone's."""
    case = owned(context, phone, reference)
    if case is None:
        return {}
    return {
        "reference": case.reference,
        "service": case.service,
        "state": case.state,
        "version": case.version,
        "directorate": case.directorate,
        "place": case.place or "",
        "answers": {name: HIDDEN if is_sealed(value) else str(value) for name, value in case.answers.items()},
        "due": day(case.due_at, context.content),
        "question": params.asked(case),
        "note": needed(context, case, language),
        "spent": _spent(context, case),
    }


def needed(context: Context, case: Application, language: str) -> str:
    """What the citizen is to know or do in this state: a question, an offer, a day, the papers; empty for the rest."""
    service = context.content.services.get(case.service)
    kind = context.content.states.get(case.state)
    if service is None or kind is None:
        return ""
    words = case_words(context.content, service, case, language)
    if case.state == "INFO_REQUIRED":
        return words.get("question", "")
    return need(context.content, service, case.state, words, language)


def _spent(context: Context, case: Application) -> list[str]:
    service = context.content.services.get(case.service)
    if service is None or case.state not in service.workflow.states:
        return []
    offered = service.workflow.by_citizen(case.state, case.answers)
    return [move.action for move in offered if moves.spent(context, case, move)]


def act(context: Context, phone: str, key: str, args: dict[str, Any]) -> dict[str, Any]:
    """Make one of the citizen's moves, once per `key`: {"state", "due"}, or {"refused": text key}.

    `args`: reference, version (None: whichever is current), action, params, language.
    """
    remembered = idempotency.recall(context.tx, key)
    if remembered is not None:
        return remembered.result
    result = _act(context, phone, args)
    idempotency.remember(context.tx, key, args["action"], result, context.now)
    return result


def _act(context: Context, phone: str, args: dict[str, Any]) -> dict[str, Any]:
    case = applications.lock(context.tx, args["reference"])
    if case is None or case.phone != phone:
        return {"refused": "not_possible"}
    if args["version"] is not None and case.version != args["version"]:
        return {"refused": "changed"}
    service = context.content.services[case.service]
    move = service.workflow.find(case.state, args["action"], case.answers)
    if move is None or CITIZEN not in move.by:
        return {"refused": "not_possible"}
    given = {param.id: _given(param, args["params"]) for param in move.params}
    made = moves.make(context, case, move, "citizen", phone, given)
    if isinstance(made, Refused):
        return {"refused": "changed" if made.code == "stale" else "not_possible"}
    return {"reference": made.reference, "state": made.state, "due": day(made.due_at, context.content)}


def _given(param: Param, said: dict[str, str]) -> Any:
    """A parameter of the citizen's move, as it was typed."""
    value = said.get(param.id)
    return int(value) if value is not None and param.type == "rating" else value
