"""Carries the services of `config/` into the tables by which the store refuses illegal moves.

Decides: how a service's workflow becomes rows. Must not know: SQL.
"""

import logging
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from gateway.runtime import Runtime
from handlers.calendar import is_working_day
from menus.content import Content, Service
from menus.workflow import ORIGIN, SAME, Move
from store import measures, places, workflow_tables
from store.workflow_tables import BACK, Edge, ServiceRow

log = logging.getLogger(__name__)

YEARS = 3
"""Whole years before this one in which a case may have come in to be counted among the measures."""


def sync(runtime: Runtime) -> None:
    """Make the store know exactly the workflows of this content; what open cases still need is kept and logged."""
    with runtime.db.transaction() as tx:
        for kept in workflow_tables.sync(tx, rows(runtime.content)):
            log.warning("this left the content but cases still need it: %s", kept)
        places.sync(tx, runtime.content.place_codes)
        measures.set_workdays(tx, workdays(runtime.content, runtime.now().date()))


def workdays(content: Content, today: date) -> dict[date, int]:
    """Working days counted over the years that measures may look at."""
    first = date(today.year - YEARS, 1, 1)
    days = [first + timedelta(days=number) for number in range((YEARS + 2) * 366)]
    worked = accumulate(int(is_working_day(content.calendar, day)) for day in days)
    return dict(zip(days, worked, strict=True))


def rows(content: Content) -> list[ServiceRow]:
    """One row a service."""
    return [_row(content, service) for service in content.services.values()]


def _row(content: Content, service: Service) -> ServiceRow:
    ways: dict[Edge, list[dict[str, Any]]] = {}
    for move in service.workflow.moves:
        for source in move.source:
            edge = source, {SAME: source, ORIGIN: BACK}.get(move.to, move.to), move.action
            ways.setdefault(edge, []).append(_condition(move))
    return ServiceRow(
        service=service.id,
        start_state=service.workflow.start,
        directorate=service.routing.default,
        routes=service.routing.by_place,
        states={state: content.states[state].closed for state in service.workflow.states},
        moves=sorted(ways),
        only_if={edge: found for edge, found in ways.items() if all(found)},
        awaits=[state for state in service.workflow.states if content.states[state].clock == "citizen"],
        promise=service.workflow.promise,
    )


def _condition(move: Move) -> dict[str, Any]:
    """What a case must be for this move; empty: any case has it."""
    found = {"when": move.when, "came_from": move.came_from, "within": move.within, "max": move.max}
    return {name: value for name, value in found.items() if value}
