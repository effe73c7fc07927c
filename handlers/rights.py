"""What is an officer's: the cases of a directorate, of a service, of a step asked of several, and what has risen.

Decides: which cases an officer sees, and which of the officer's roles count in one. Must not know: what the roles may
do, HTTP.
"""

from handlers import winding
from menus.content import Content, Service
from store.applications import Application, Scope
from store.officers import Officer

DIRECTOR = "DIRECTOR"


def scopes(content: Content, officer: Officer) -> list[Scope]:
    """What an officer sees: cases held by the directorate, services that are its own, parallel steps it answers; the
    governor's follow-up office also what has risen to it."""
    own = [service.id for service in content.services.values() if service.routing.default == officer.directorate]
    asked = [
        service.id for service in content.services.values() if officer.directorate in _asked_of(content, service.id)
    ]
    found = [Scope(directorate=officer.directorate, services=None)]
    if _follows_up(content, officer):
        found.append(Scope(directorate=None, services=None, level=winding.TOP_LEVEL))
    return found + ([Scope(directorate=None, services=[*own, *asked])] if own or asked else [])


def _follows_up(content: Content, officer: Officer) -> bool:
    office = content.directorates.get(officer.directorate)
    return office is not None and office.follows_up


def _asked_of(content: Content, service: str) -> set[str]:
    gathers = (move.gather for move in content.services[service].workflow.moves)
    return {directorate for gather in gathers if gather for directorate in gather.of}


def sees(content: Content, officer: Officer, case: Application) -> bool:
    """Whether the case is this officer's to see."""
    return any(
        (scope.directorate is None or scope.directorate == case.directorate)
        and (scope.services is None or case.service in scope.services)
        and (scope.level is None or winding.level(case) >= scope.level)
        for scope in scopes(content, officer)
    )


def roles_here(content: Content, service: Service, officer: Officer, case: Application) -> set[str]:
    """The roles that count for this case: a directorate that is only asked has those of the step it is asked in, and
    the follow-up office a director's."""
    own = set(officer.roles)
    if officer.directorate in (case.directorate, service.routing.default):
        return own
    asked = [m for m in service.workflow.moves if m.gather and officer.directorate in m.gather.of]
    lent = {DIRECTOR} if _follows_up(content, officer) and winding.level(case) >= winding.TOP_LEVEL else set()
    return own & (lent | {role for move in asked if case.state in move.source for role in move.by})
