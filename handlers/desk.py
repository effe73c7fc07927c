"""The officer's desk: the cases of a directorate, one case whole, and acting on it.

Decides: what an officer may see and do, by role and directorate. Must not know: HTTP, keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import keeping, moves, personal
from handlers.context import Context, Refused
from handlers.notify import SILENT
from menus.content import Content, Service
from menus.workflow import CITIZEN, SYSTEM, Move
from store import access, applications, clocks, events, outbox
from store.applications import Application, Scope
from store.clocks import ClockRow
from store.events import Event
from store.officers import Officer
from store.outbox import Message

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
    """One page of the officer's cases, newest first, as `personal.glimpse` shows them; the look is logged."""
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
    return [personal.glimpse(context.content, case, officer.roles) for case in found]


def opened(context: Context, officer: Officer, reference: str) -> CaseFile | None:
    """The case whole, or None when it does not exist or is not this officer's to see."""
    case = applications.find(context.tx, reference)
    if case is None or not _sees(context.content, officer, case):
        return None
    access.record(context.tx, officer.name, "case", context.now, reference=reference)
    hidden = personal.is_hidden(context.content, case, officer.roles)
    told = [each for each in outbox.of_reference(context.tx, reference) if each.kind != SILENT]
    return CaseFile(
        personal.whole(context.content, context.seals, case, officer.roles),
        [personal.event_seen(event, hidden=hidden) for event in events.history(context.tx, reference)],
        [personal.message_seen(message, hidden=hidden) for message in told],
        _allowed(context, officer, case),
        clocks.find(context.tx, reference),
    )


def sees(context: Context, officer: Officer, reference: str) -> bool:
    """Whether the case exists and is this officer's to see."""
    case = applications.find(context.tx, reference)
    return case is not None and _sees(context.content, officer, case)


def told(context: Context, officer: Officer, phone: str) -> dict[str, Any]:
    """What is held on a phone, as far as this officer may see it: own cases, none of a hidden complainant's."""
    found = applications.of_phone(context.tx, phone, limit=MOST_TOLD)
    mine = {
        case.reference
        for case in found
        if _sees(context.content, officer, case) and not personal.is_hidden(context.content, case, officer.roles)
    }
    records = keeping.export(context, phone, officer.name)
    parts = ("applications", "history", "messages", "views")
    return {part: [row for row in records[part] if row["reference"] in mine] for part in parts}


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
    if move.decides and case.submitted_by == officer.name:
        return Refused("own_case", "Nobody approves a case that they submitted.")
    if move.gather and officer.directorate not in move.gather.of:
        return Refused("forbidden", f"{move.action} is asked of: {', '.join(move.gather.of)}.")
    if move.decides and context.content.states[case.state].apart and _objected_to(context, case) == officer.name:
        return Refused("own_case", "An objection is decided by someone other than whose decision it is about.")
    return None


def _objected_to(context: Context, case: Application) -> str | None:
    """The officer whose decision the citizen objected to: the last to act before the case came into this state.

    Questions asked in between, and their answers, change nothing about that.
    """
    history = events.history(context.tx, case.reference)
    objected = [n for n, event in enumerate(history) if event.to_state == case.state and event.action in OBJECTIONS]
    before = history[: objected[-1]] if objected else []
    return next((event.actor for event in reversed(before) if event.actor_kind == "officer"), None)
