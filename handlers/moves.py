"""A case makes a move: by an officer, by its citizen, or by the clock.

Decides: where a move leads, what it records, and that the citizen hears of it. Must not know: who is allowed to.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from handlers import merge, winding
from handlers import params as parameters
from handlers.calendar import local_day
from handlers.context import Context, Refused
from handlers.notify import announce_all
from handlers.stretches import stretches
from menus.content import Service
from menus.workflow import ORIGIN, SAME, Move
from store import applications, events
from store.applications import Act, Application, IllegalMove, StaleCase
from store.events import Event


def make(
    context: Context, case: Application, move: Move, kind: str, actor: str, given: Mapping[str, Any], **details: Any
) -> Application | Refused:
    """Move a locked case and announce it in the same transaction; `details` are recorded beside the parameters."""
    service = context.content.services[case.service]
    values, faults = parameters.check(context.content, service, move, given)
    faults += _past_days(context, move, values)
    if faults:
        return Refused("invalid_params", "The parameters of this action are not valid.", tuple(faults))
    if refused := barred(context, case, move):
        return refused
    recorded = values | details | _raised(case, move, details)
    if move.gather:
        recorded, move = _gathered(context, service, case, move, recorded)
    return _made(context, service, case, move, Act(kind, actor, move.action, recorded))


def _made(context: Context, service: Service, case: Application, move: Move, act: Act) -> Application | Refused:
    """The move and, for a merge, its other half: both or neither."""
    try:
        with context.tx.begin_nested() as point:
            refused = merge.join(context, case, move, act)
            if refused:
                point.rollback()
                return refused
            return _move(context, service, case, move, act)
    except StaleCase:
        return Refused("stale", "The case has changed since it was read; read it again.")
    except IllegalMove as error:
        return Refused("illegal_move", str(error))


def spent(context: Context, case: Application, move: Move) -> bool:
    """Whether this move is no longer to be had: made as often as a case may, or its time is over."""
    return barred(context, case, move) is not None


def barred(context: Context, case: Application, move: Move) -> Refused | None:
    """Why the case's own past keeps it from this move; None when it does not."""
    if move.max is None and move.within is None and not move.in_time:
        return None
    history = events.history(context.tx, case.reference)
    if move.max is not None and sum(event.action == move.action for event in history) >= move.max:
        return Refused("limit_reached", f"{move.action} was already used {move.max} times on this case.")
    if move.within is not None and _days_since(context, case, history) > move.within:
        return Refused("too_late", f"{move.action} is possible within {move.within} days.")
    if move.in_time and _is_late(context, case):
        return Refused("too_late", f"{move.action} is possible before the case is due.")
    return None


def _days_since(context: Context, case: Application, history: Sequence[Event]) -> int:
    """Days since the case came into its state, by the governorate's calendar."""
    entered = [event.at for event in history if event.from_state != event.to_state]
    working_time = context.content.calendar
    since = local_day(working_time, entered[-1] if entered else case.state_since)
    return (local_day(working_time, context.now) - since) // timedelta(days=1)


def _is_late(context: Context, case: Application) -> bool:
    found = winding.read(context.tx, context.content, case)
    return found is not None and context.now >= found.state_due


def _past_days(context: Context, move: Move, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A new due date lies ahead."""
    days = [param.id for param in move.params if param.type == "due" and param.id in values]
    return [(name, "must be a day to come") for name in days if values[name] <= context.today.isoformat()]


def _raised(case: Application, move: Move, details: Mapping[str, Any]) -> dict[str, int]:
    """The level that holds the case from now on."""
    rise = int(details.get("rise", 0)) or int(move.raises)
    return {"level": min(winding.TOP_LEVEL, winding.level(case) + rise)} if rise else {}


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
        due_at=case.due_at,
        now=context.now,
    )
    announce_all(context.tx, context.content, case.reference, context.now)
    return applications.find(context.tx, case.reference) or moved


def _target(case: Application, move: Move) -> str:
    if move.to == ORIGIN:
        return case.came_from or case.state
    return case.state if move.to == SAME else move.to


def _gathered(
    context: Context, service: Service, case: Application, move: Move, recorded: dict[str, Any]
) -> tuple[dict[str, Any], Move]:
    """One directorate's answer to a parallel step; the last one makes the move that all were waiting for.

    Answers of an earlier round do not count, whoever brought the case back into the step.
    """
    assert move.gather is not None
    history = events.history(context.tx, case.reference)
    present = stretches(context.content, service, case, history)[-1].events
    given = [event.details.get(move.action, {}) for event in present if event.action == move.action]
    answers = {name: True for each in given for name in each}
    answers[recorded.pop("by")] = True
    recorded = {**recorded, move.action: answers}
    then = service.workflow.find(case.state, move.gather.then, case.answers)
    complete = then is not None and set(move.gather.of) <= set(answers)
    return recorded, then if complete and then is not None else move
