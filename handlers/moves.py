"""A case makes a move: by an officer, by its citizen, or by the clock.

Decides: where a move leads, what it records, and that the citizen hears of it. Must not know: who is allowed to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers import arrivals, merge, personal, winding
from handlers import params as parameters
from handlers.calendar import local_day
from handlers.context import Context, Refused
from handlers.notify import announce_all
from menus.content import Service
from menus.workflow import ORIGIN, SAME, Move, Workflow, suits
from store import applications, events
from store.applications import Act, Application, IllegalMove, StaleCase
from store.events import Event


@dataclass(frozen=True, slots=True)
class _Change:
    """What a move writes: `details` and `answers` are added to the case, of its details `cleared` are taken away."""

    details: Mapping[str, Any]
    answers: Mapping[str, Any]
    cleared: Sequence[str]


def make(
    context: Context, case: Application, move: Move, kind: str, actor: str, given: Mapping[str, Any], **details: Any
) -> Application | Refused:
    """Move a locked case and announce it in the same transaction; `details` are recorded beside the parameters."""
    service = context.content.services[case.service]
    values, faults = parameters.check(_about(context, service, case), move, given)
    if faults:
        return Refused("invalid_params", "The parameters of this action are not valid.", tuple(faults))
    if refused := barred(context, case, move):
        return refused
    cleared = _cleared(move, values)
    recorded, answers = _answered(context, service, case, move, values)
    recorded |= details | _raised(case, move, details)
    if move.gather:
        recorded, move = _gathered(context, service, case, move, recorded)
    change = _Change(recorded, answers, cleared)
    return _made(context, service, case, move, Act(kind, actor, move.action, recorded), change)


def _about(context: Context, service: Service, case: Application) -> parameters.About:
    def owns(reference: str) -> bool:
        return applications.own(context.tx, reference, case.phone) is not None

    calendar = winding.today(context.tx, context.content).calendar
    return parameters.About(context.content, service, case, calendar, context.today, owns)


def _made(
    context: Context, service: Service, case: Application, move: Move, act: Act, change: _Change
) -> Application | Refused:
    """The move and, for a merge, its other half: both or neither."""
    try:
        with context.tx.begin_nested() as point:
            refused = merge.join(context, case, move, act)
            if refused:
                point.rollback()
                return refused
            return _move(context, service, case, move, act, change)
    except StaleCase:
        return Refused("stale", "The case has changed since it was read; read it again.")
    except IllegalMove as error:
        return Refused("illegal_move", str(error))


def came_from(context: Context, case: Application) -> str | None:
    """The state before this one, questions in between left out; None when it is not known."""
    flow = context.content.services[case.service].workflow
    return arrivals.came_from(flow, case, events.history(context.tx, case.reference))


def spent(context: Context, case: Application, move: Move) -> bool:
    """Whether this move is no longer to be had: made as often as a case may, or its time is over."""
    return barred(context, case, move) is not None


def barred(context: Context, case: Application, move: Move) -> Refused | None:
    """Why the case's own past keeps it from this move; None when it does not."""
    if move.max is None and move.within is None and not move.in_time and not move.came_from:
        return None
    flow = context.content.services[case.service].workflow
    history = events.history(context.tx, case.reference)
    before = arrivals.came_from(flow, case, history)
    if not suits(move, before):
        return Refused("illegal_move", f"{move.action} is for cases that came from {', '.join(move.came_from)}.")
    if move.max is not None and sum(event.action == move.action for event in history) >= move.max:
        return Refused("limit_reached", f"{move.action} was already used {move.max} times on this case.")
    if move.within is not None and _days_since(context, flow, case, history) > move.within:
        return Refused("too_late", f"{move.action} is possible within {move.within} days.")
    if move.in_time and _is_late(context, case):
        return Refused("too_late", f"{move.action} is possible before the case is due.")
    return None


def _days_since(context: Context, flow: Workflow, case: Application, history: Sequence[Event]) -> int:
    """Days since the case came into its state, by the governorate's calendar."""
    working_time, entered = context.content.calendar, arrivals.arrival(flow, case, history)
    since = local_day(working_time, entered.at if entered else case.state_since)
    return (local_day(working_time, context.now) - since) // timedelta(days=1)


def _is_late(context: Context, case: Application) -> bool:
    found = winding.read(context.tx, context.content, case)
    return found is not None and context.now >= found.state_due


def _raised(case: Application, move: Move, details: Mapping[str, Any]) -> dict[str, int]:
    """The level that holds the case from now on."""
    rise = int(details.get("rise", 0)) or int(move.raises)
    return {"level": min(winding.TOP_LEVEL, winding.level(case) + rise)} if rise else {}


def _cleared(move: Move, values: Mapping[str, Any]) -> list[str]:
    """What an earlier move had said and this one leaves out; the answer to the question before, at a new question."""
    left_out = [param.id for param in move.params if param.id not in values and not param.stays]
    asks = any(param.type == "question" for param in move.params)
    return left_out + ([personal.ANSWER] if asks else [])


def _answered(
    context: Context, service: Service, case: Application, move: Move, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what is recorded, what enters the case's answers): an answer stands for its question, sealed as that asks."""
    said = {param.id: values[param.id] for param in move.params if param.type == "answer"}
    recorded = {name: value for name, value in values.items() if name not in said}
    if not said:
        return recorded, {}
    asked, value = parameters.asked(case), next(iter(said.values()))
    recorded[personal.ANSWER] = personal.sealed_answer(context.content, context.seals, service, asked, value)
    answers = {asked: value} if asked else {}
    return recorded, personal.sealed(context.content, context.seals, service, answers)


def _move(context: Context, service: Service, case: Application, move: Move, act: Act, change: _Change) -> Application:
    target, flow = _target(case, move), service.workflow
    details = dict(act.details)
    if target != case.state and case.state not in flow.detours:  # another round of what several are asked
        details |= {each.action: {} for each in flow.moves_from(target, case.answers) if each.gather}
    moved = applications.move(
        context.tx,
        case,
        to_state=target,
        act=act,
        details=details,
        answers=change.answers,
        cleared=change.cleared,
        directorate=service.routing.of(case.place) if move.intake else details.get("directorate"),
        due_at=case.due_at,
        now=context.now,
    )
    announce_all(context.tx, context.content, case.reference, context.now)
    return applications.find(context.tx, case.reference) or moved


def _target(case: Application, move: Move) -> str:
    if move.to == ORIGIN:
        return case.came_from or case.state
    return case.state if move.to == SAME else move.to


def gathered(flow: Workflow, case: Application, move: Move, history: Sequence[Event]) -> dict[str, bool]:
    """The directorates that have answered a parallel step since the case came into it, whoever brought it there."""
    given = [event.details.get(move.action) for event in arrivals.since(flow, case, history)]
    return {name: True for each in given if isinstance(each, dict) for name in each}


def _gathered(
    context: Context, service: Service, case: Application, move: Move, recorded: dict[str, Any]
) -> tuple[dict[str, Any], Move]:
    """One directorate's answer to a parallel step; the last one makes the move that all were waiting for."""
    assert move.gather is not None
    history = events.history(context.tx, case.reference)
    answers = gathered(service.workflow, case, move, history) | {recorded.pop("by"): True}
    recorded = {**recorded, move.action: answers}
    then = service.workflow.find(case.state, move.gather.then, case.answers)
    complete = then is not None and set(move.gather.of) <= set(answers)
    return recorded, then if complete and then is not None else move
