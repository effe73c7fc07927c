"""Carries the services of `config/` into the tables by which the store refuses illegal moves.

Decides: how a service's workflow becomes rows. Must not know: SQL.
"""

import logging

from gateway.runtime import Runtime
from menus.content import Content, Service
from menus.workflow import ORIGIN, SAME
from store import workflow_tables
from store.workflow_tables import BACK, ServiceRow

log = logging.getLogger(__name__)


def sync(runtime: Runtime) -> None:
    """Make the store know exactly the workflows of this content; what open cases still need is kept and logged."""
    with runtime.db.transaction() as tx:
        for kept in workflow_tables.sync(tx, rows(runtime.content)):
            log.warning("this left the content but cases still need it: %s", kept)


def rows(content: Content) -> list[ServiceRow]:
    """One row a service."""
    return [_row(content, service) for service in content.services.values()]


def _row(content: Content, service: Service) -> ServiceRow:
    moves = [
        (source, {SAME: source, ORIGIN: BACK}.get(move.to, move.to), move.action)
        for move in service.workflow.moves
        for source in move.source
    ]
    return ServiceRow(
        service=service.id,
        start_state=service.workflow.start,
        directorate=service.routing.default,
        routes=service.routing.by_place,
        states={state: content.states[state].closed for state in service.workflow.states},
        moves=sorted(set(moves)),
    )
