"""The citizen's own cases: listed, looked at, acted on.

Decides: what the owner's phone may see and do. Must not know: screens, the wire.
"""

from typing import Any

from handlers import moves, personal
from handlers.context import Context, Refused
from handlers.personal import HIDDEN
from handlers.sealing import is_sealed
from handlers.wording import case_words, day, question_words
from menus.localized import fill, placeholders
from menus.workflow import CITIZEN, Move, Param
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
        "question": str(case.details.get("question", "")),
        "note": needed(context, case, language),
        "spent": _spent(context, case),
    }


def needed(context: Context, case: Application, language: str) -> str:
    """What the office waits for, in the citizen's words: its question, its offer; empty in any other state."""
    service = context.content.services.get(case.service)
    kind = context.content.states.get(case.state)
    if service is None or kind is None or kind.clock != "citizen":
        return ""
    if case.details.get("question") and case.state == "INFO_REQUIRED":
        return question_words(context.content, service, str(case.details["question"]), case.answers, language)
    words = case_words(context.content, service, case, language)
    ussd = context.content.ussd
    text = ussd.get(f"need_{service.id}_{case.state.lower()}") or ussd.get(f"need_{case.state.lower()}")
    if text is None or not placeholders(text) <= set(words):
        return ""
    return fill(text[language], words)


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
    if move is None or CITIZEN not in move.by or _says_nothing(move, args["params"]):
        return {"refused": "not_possible"}
    given = {param.id: _given(case, param, args["params"]) for param in move.params}
    made = moves.make(context, case, move, "citizen", phone, given, **_answer(context, case, args))
    if isinstance(made, Refused):
        return {"refused": "changed" if made.code == "stale" else "not_possible"}
    return {"reference": made.reference, "state": made.state, "due": day(made.due_at, context.content)}


def _says_nothing(move: Move, said: dict[str, str]) -> bool:
    """An answer to the office's question that has no answer in it."""
    return any(param.type == "question" for param in move.params) and not said.get("value")


def _given(case: Application, param: Param, said: dict[str, str]) -> Any:
    """A parameter of the citizen's move: what the office asked is in the case, the rest is what they said."""
    if param.type == "question":
        return case.details.get(param.id)
    value = said.get(param.id)
    return int(value) if value is not None and param.type == "rating" else value


def _answer(context: Context, case: Application, args: dict[str, Any]) -> dict[str, Any]:
    """What the citizen said, recorded beside the question it answers, as that question's class asks."""
    if "value" not in args["params"]:
        return {}
    service, asked = context.content.services[case.service], str(case.details.get("question", ""))
    said = personal.sealed_answer(context.content, context.seals, service, asked, args["params"]["value"])
    return {personal.ANSWER: said}
