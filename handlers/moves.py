"""A case makes a move: by an officer, by its citizen, or by the clock.

Decides: where a move leads, what it records, and that the citizen hears of it. Must not know: who is allowed to.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from handlers import params as parameters
from handlers.calendar import due_at, on_day
from handlers.context import Context, Refused
from handlers.notify import announce_all
from menus.content import Service
from menus.workflow import ORIGIN, SAME, Move
from store import applications, events
from store.applications import Act, Application, IllegalMove, StaleCase


def make(
    context: Context, case: Application, move: Move, kind: str, actor: str, given: Mapping[str, Any], **details: Any
) -> Application | Refused:
    """Move a locked case and announce it in the same transaction; `details` are recorded beside the parameters."""
    service = context.content.services[case.service]
    values, faults = parameters.check(context.content, service, move, given)
    if faults:
        return Refused("invalid_params", "The parameters of this action are not valid.", tuple(faults))
    if spent(context, case, move):
        return Refused("limit_reached", f"{move.action} was already used {move.max} times on this case.")
    recorded = values | details
    if move.gather:
        recorded, move = _gathered(service, case, move, recorded)
    try:
        return _move(context, service, case, move, Act(kind, actor, move.action, recorded))
    except StaleCase:
        return Refused("stale", "The case has changed since it was read; read it again.")
    except IllegalMove as error:
        return Refused("illegal_move", str(error))


def spent(context: Context, case: Application, move: Move) -> bool:
    """Whether the case has used up the times this move may be made."""
    if move.max is None:
        return False
    made = [event for event in events.history(context.tx, case.reference) if event.action == move.action]
    return len(made) >= move.max


def _move(context: Context, service: Service, case: Application, move: Move, act: Act) -> Application:
    target = _target(case, move)
    details = dict(act.details)
    if target != case.state:
        details |= {each.action: {} for each in service.workflow.moves_from(target, case.answers) if each.gather}
    moved = applications.move(
        context.tx,
        case,
        to_state=target,
        act=act,
        details=details,
        directorate=details.get("directorate"),
        due_at=_due(context, service, case, move, target, details),
        now=context.now,
    )
    announce_all(context.tx, context.content, case.reference, context.now)
    return moved


def _due(
    context: Context, service: Service, case: Application, move: Move, target: str, details: Mapping[str, Any]
) -> datetime | None:
    """A day that the officer names, else that of the new state; a case that stays keeps its own."""
    named = next((details[param.id] for param in move.params if param.type == "due" and param.id in details), None)
    if named:
        return on_day(context.content, date.fromisoformat(named))
    if target == case.state:
        return case.due_at
    return due_at(context.content, service, target, case.answers, case.created_at, context.now)


def _target(case: Application, move: Move) -> str:
    if move.to == ORIGIN:
        return case.came_from or case.state
    return case.state if move.to == SAME else move.to


def _gathered(service: Service, case: Application, move: Move, recorded: dict[str, Any]) -> tuple[dict[str, Any], Move]:
    """One directorate's answer to a parallel step; the last one makes the move that all were waiting for."""
    assert move.gather is not None
    answers = {**case.details.get(move.action, {}), recorded.pop("by"): True}
    recorded = {**recorded, move.action: answers}
    then = service.workflow.find(case.state, move.gather.then, case.answers)
    complete = then is not None and set(move.gather.of) <= set(answers)
    return recorded, then if complete and then is not None else move
