"""The officer's desk: the cases of a directorate, one case whole, and acting on it.

Decides: what an officer may see and do, by role and directorate. Must not know: HTTP, keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import moves
from handlers.context import Context, Refused
from handlers.notify import SILENT
from menus.content import Content, Service
from menus.workflow import CITIZEN, SYSTEM, Move
from store import applications, events, outbox
from store.applications import Application, Scope
from store.events import Event
from store.officers import Officer
from store.outbox import Message


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything an officer sees of it."""

    case: Application
    history: Sequence[Event]
    messages: Sequence[Message]
    actions: Sequence[Move]


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


def scopes(content: Content, officer: Officer) -> list[Scope]:
    """What an officer sees: cases held by the directorate, services that are its own, parallel steps it answers."""
    own = [service.id for service in content.services.values() if service.routing.default == officer.directorate]
    asked = [
        service.id for service in content.services.values() if officer.directorate in _asked_of(content, service.id)
    ]
    found = [Scope(directorate=officer.directorate, services=None)]
    return found + ([Scope(directorate=None, services=[*own, *asked])] if own or asked else [])


def _asked_of(content: Content, service: str) -> set[str]:
    gathers = (move.gather for move in content.services[service].workflow.moves)
    return {directorate for gather in gathers if gather for directorate in gather.of}


def listed(context: Context, officer: Officer, query: Query) -> list[Application]:
    """One page of the officer's cases, newest first."""
    return applications.page(
        context.tx,
        scopes=scopes(context.content, officer),
        service=query.service,
        state=query.state,
        phone=query.phone,
        after=query.after,
        limit=query.limit,
    )


def opened(context: Context, officer: Officer, reference: str) -> CaseFile | None:
    """The case whole, or None when it does not exist or is not this officer's to see."""
    case = applications.find(context.tx, reference)
    if case is None or not _sees(context.content, officer, case):
        return None
    return CaseFile(
        case,
        events.history(context.tx, reference),
        [each for each in outbox.of_reference(context.tx, reference) if each.kind != SILENT],
        _allowed(context, officer, case),
    )


def _sees(content: Content, officer: Officer, case: Application) -> bool:
    return any(
        (scope.directorate is None or scope.directorate == case.directorate)
        and (scope.services is None or case.service in scope.services)
        for scope in scopes(content, officer)
    )


def _allowed(context: Context, officer: Officer, case: Application) -> list[Move]:
    service = context.content.services.get(case.service)
    if service is None:
        return []
    own = _roles_here(service, officer, case)
    return [
        move
        for move in service.workflow.moves_from(case.state, case.answers)
        if own & set(move.by) and not _barred(context, officer, case, move) and not moves.spent(context, case, move)
    ]


def _roles_here(service: Service, officer: Officer, case: Application) -> set[str]:
    """The roles that count for this case: a directorate that is only asked has those of the step it is asked in."""
    own = set(officer.roles)
    if officer.directorate in (case.directorate, service.routing.default):
        return own
    asked = [m for m in service.workflow.moves if m.gather and officer.directorate in m.gather.of]
    return own & {role for move in asked if case.state in move.source for role in move.by}


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
    if case is None or not _sees(context.content, officer, case):
        return Refused("not_found", "There is no such case in your directorate.")
    if expected_version is not None and expected_version != case.version:
        return Refused("stale", f"The case is at version {case.version}; read it again.")
    move = _find(context, case, action)
    if isinstance(move, Refused):
        return move
    if not set(move.by) & _roles_here(context.content.services[case.service], officer, case):
        named = ", ".join(sorted(set(move.by) - {CITIZEN, SYSTEM})) or "no officer"
        return Refused("forbidden", f"{action} is for {named}; the case is with {case.directorate}.")
    if barred := _barred(context, officer, case, move):
        return barred
    recorded = {"by": officer.directorate} if move.gather else {}
    return moves.make(context, case, move, "officer", officer.name, params, **recorded)


def _find(context: Context, case: Application, action: str) -> Move | Refused:
    service = context.content.services.get(case.service)
    move = service.workflow.find(case.state, action, case.answers) if service else None
    if move is not None:
        return move
    names = sorted({m.action for m in service.workflow.moves_from(case.state, case.answers)}) if service else []
    return Refused("illegal_move", f"{case.state} has no action {action}; it has: {', '.join(names) or 'none'}.")


def _barred(context: Context, officer: Officer, case: Application, move: Move) -> Refused | None:
    """The separations of duty of services-domain §2.2."""
    if case.submitted_by == officer.name and set(move.by) & set(officer.roles) <= {"APPROVER"}:
        return Refused("own_case", "Nobody approves a case that they submitted.")
    if move.gather and officer.directorate not in move.gather.of:
        return Refused("forbidden", f"{move.action} is asked of: {', '.join(move.gather.of)}.")
    if case.state == "APPEALED":
        rejections = [e for e in events.history(context.tx, case.reference) if e.to_state == "REJECTED"]
        if rejections and rejections[-1].actor == officer.name:
            return Refused("own_case", "An objection is decided by someone other than who rejected the case.")
    return None
