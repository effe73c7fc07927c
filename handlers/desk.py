"""The officer's desk: the cases of a directorate, one case whole, and acting on it.

Decides: what an officer may see and do, by role and directorate. Must not know: HTTP, keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from handlers import arrivals, keeping, moves, personal, rights
from handlers.context import Context, Refused
from handlers.notify import SILENT
from handlers.rights import scopes
from menus.content import Content, Service
from menus.workflow import CITIZEN, SYSTEM, Move
from store import access, applications, clocks, events, outbox
from store.applications import Application
from store.clocks import ClockRow
from store.events import Event
from store.officers import Officer
from store.outbox import Message

__all__ = ["CaseFile", "Query", "act", "listed", "opened", "roles", "scopes", "sees", "told"]

OBJECTIONS = ("appeal", "object")


MOST_TOLD = 1000


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything an officer sees of it."""

    case: Application
    history: Sequence[Event]
    messages: Sequence[Message]
    actions: Sequence[Move]
    clock: ClockRow | None


@dataclass(frozen=True, slots=True)
class Query:
    """Which cases are listed. `after`: the last case of the page before."""

    service: str | None = None
    state: str | None = None
    phone: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 50


def roles(services: Iterable[Service]) -> list[str]:
    """The roles that officers have in these services, by name."""
    named = {role for service in services for move in service.workflow.moves for role in move.by}
    return sorted(named - {CITIZEN, SYSTEM})


def listed(context: Context, officer: Officer, query: Query) -> list[Application]:
    """One page of the officer's cases, newest first, as `personal.glimpse` shows them; the look is logged.

    Asked for a phone, it leaves out those whose phone the officer may not know.
    """
    found = applications.page(
        context.tx,
        scopes=scopes(context.content, officer),
        service=query.service,
        state=query.state,
        phone=query.phone,
        after=query.after,
        limit=query.limit,
    )
    asked = {name: value for name in ("service", "state") if (value := getattr(query, name)) is not None}
    access.record(context.tx, officer.name, "list", context.now, phone=query.phone, cases=len(found), asked=asked)
    if query.phone:
        found = [case for case in found if not personal.is_hidden(context.content, case, officer)]
    return [personal.glimpse(context.content, case, officer) for case in found]


def opened(context: Context, officer: Officer, reference: str) -> CaseFile | None:
    """The case whole, or None when it does not exist or is not this officer's to see."""
    case = applications.find(context.tx, reference)
    if case is None or not rights.sees(context.content, officer, case):
        return None
    access.record(context.tx, officer.name, "case", context.now, reference=reference)
    hidden = personal.is_hidden(context.content, case, officer)
    history = events.history(context.tx, reference)
    told = [each for each in outbox.of_reference(context.tx, reference) if each.kind != SILENT]
    return CaseFile(
        personal.whole(context.content, context.seals, _counted(context.content, case, history), officer),
        [personal.event_seen(context.content, event, hidden=hidden) for event in history],
        [personal.message_seen(message, hidden=hidden) for message in told],
        _allowed(context, officer, case),
        clocks.find(context.tx, reference),
    )


def _counted(content: Content, case: Application, history: Sequence[Event]) -> Application:
    """The case with the answers of a parallel step as they count: another system may have begun another round."""
    service = content.services.get(case.service)
    steps = [move for move in service.workflow.moves if move.gather and case.state in move.source] if service else []
    counted = {m.action: moves.gathered(service.workflow, case, m, history) for m in steps} if service else {}
    return replace(case, details=case.details | counted)


def sees(context: Context, officer: Officer, reference: str) -> bool:
    """Whether the case exists and is this officer's to see."""
    case = applications.find(context.tx, reference)
    return case is not None and rights.sees(context.content, officer, case)


def told(context: Context, officer: Officer, phone: str) -> dict[str, Any]:
    """What is held on a phone, as far as this officer may see it: own cases, none of a hidden complainant's."""
    found = applications.of_phone(context.tx, phone, limit=MOST_TOLD)
    mine = {
        case.reference
        for case in found
        if rights.sees(context.content, officer, case) and not personal.is_hidden(context.content, case, officer)
    }
    records = keeping.export(context, phone, officer.name)
    parts = ("applications", "history", "messages", "views")
    return {part: [row for row in records[part] if row["reference"] in mine] for part in parts}


def _allowed(context: Context, officer: Officer, case: Application) -> list[Move]:
    service = context.content.services.get(case.service)
    if service is None:
        return []
    own = rights.roles_here(context.content, service, officer, case)
    return [
        move
        for move in service.workflow.moves_from(case.state, case.answers)
        if own & set(move.by) and not _barred(context, officer, case, move) and not moves.spent(context, case, move)
    ]


def act(
    context: Context,
    officer: Officer,
    reference: str,
    action: str,
    params: Mapping[str, Any],
    expected_version: int | None,
) -> Application | Refused:
    """Make a move as an officer; the case as it is afterwards, or why not."""
    case = applications.lock(context.tx, reference)
    if case is None or not rights.sees(context.content, officer, case):
        return Refused("not_found", "There is no such case in your directorate.")
    if expected_version is not None and expected_version != case.version:
        return Refused("stale", f"The case is at version {case.version}; read it again.")
    move = _find(context, case, action)
    if isinstance(move, Refused):
        return move
    if not set(move.by) & rights.roles_here(context.content, context.content.services[case.service], officer, case):
        named = ", ".join(sorted(set(move.by) - {CITIZEN, SYSTEM})) or "no officer"
        return Refused("forbidden", f"{action} is for {named}; the case is with {case.directorate}.")
    if barred := _barred(context, officer, case, move):
        return barred
    recorded = {"by": officer.directorate} if move.gather else {}
    return moves.make(context, case, move, "officer", officer.name, params, **recorded)


def _find(context: Context, case: Application, action: str) -> Move | Refused:
    service = context.content.services.get(case.service)
    before = moves.came_from(context, case) if service else None
    move = service.workflow.find(case.state, action, case.answers, before) if service else None
    if move is not None:
        return move
    able = service.workflow.moves_from(case.state, case.answers, before) if service else ()
    names = sorted({m.action for m in able})
    return Refused("illegal_move", f"{case.state} has no action {action}; it has: {', '.join(names) or 'none'}.")


def _barred(context: Context, officer: Officer, case: Application, move: Move) -> Refused | None:
    """The separations of duty of services-domain §2.2."""
    if move.decides and case.submitted_by == officer.name:
        return Refused("own_case", "Nobody approves a case that they submitted.")
    if move.gather and officer.directorate not in move.gather.of:
        return Refused("forbidden", f"{move.action} is asked of: {', '.join(move.gather.of)}.")
    if move.decides and context.content.states[case.state].apart and _objected_to(context, case) == officer.name:
        return Refused("own_case", "An objection is decided by someone other than whose decision it is about.")
    return None


def _objected_to(context: Context, case: Application) -> str | None:
    """The officer whose decision the citizen objected to: who brought the case into the state it was in then.

    Questions asked in between, and their answers, change nothing about that, nor does a note of anybody's.
    """
    history = events.history(context.tx, case.reference)
    objected = [n for n, event in enumerate(history) if event.to_state == case.state and event.action in OBJECTIONS]
    before = history[objected[-1]].from_state if objected else None
    if before is None:
        return None
    flow = context.content.services[case.service].workflow
    decision = arrivals.arrival(flow, replace(case, state=before), history[: objected[-1]])
    return decision.actor if decision and decision.actor_kind == "officer" else None
