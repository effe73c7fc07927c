"""Copies the services of config/ into the tables that the triggers check against. Decides nothing about them.

A state that a case is in is never taken away under it: it stays, with its ways out, until the last case has left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store.db import Transaction

Edge = tuple[str, str, str]
BACK = "*"
"""As the target of a move: the state the case came from."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service: `routes` is directorate by place, `states` is finality by state, `moves` are (from, to, action).

    `only_if`: of moves that not every case has, the ways to have them (store/migrations/sql/0003_conditions.sql).
    `awaits`: states in which the citizen is awaited; `promise`: working days told to the citizen.
    """

    service: str
    start_state: str
    directorate: str
    routes: Mapping[str, str]
    states: Mapping[str, bool]
    moves: Sequence[Edge]
    awaits: Sequence[str] = ()
    promise: int = 0
    only_if: Mapping[Edge, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


_LOCK = sa.text("LOCK TABLE gateway.service IN SHARE ROW EXCLUSIVE MODE")
_SERVICE = sa.text("""
    INSERT INTO gateway.service (service, start_state, directorate, promise)
    VALUES (:service, :start_state, :directorate, :promise)
    ON CONFLICT (service) DO UPDATE SET
        start_state = excluded.start_state, directorate = excluded.directorate, promise = excluded.promise""")
_STATE = sa.text("""
    INSERT INTO gateway.service_state (service, state, final, awaits_citizen)
    VALUES (:service, :state, :final, :awaits)
    ON CONFLICT (service, state) DO UPDATE SET final = excluded.final, awaits_citizen = excluded.awaits_citizen""")
_ROUTE = sa.text("INSERT INTO gateway.service_route (service, place, directorate) VALUES (:service, :place, :office)")
_MOVE = sa.text("""
    INSERT INTO gateway.service_move AS held (service, from_state, to_state, action, only_if)
    VALUES (:service, :from_state, :to_state, :action, :only_if)
    ON CONFLICT (service, from_state, to_state, action) DO UPDATE SET only_if = excluded.only_if
    WHERE held.only_if IS DISTINCT FROM excluded.only_if""")
# A case that waits for an answer needs its own state, and the one it will go back to.
_USED = sa.text("""
    SELECT EXISTS (SELECT FROM public.application a WHERE a.service = :service AND a.state = :state) OR EXISTS (
        SELECT FROM gateway.service_move m
        JOIN public.application a ON a.service = m.service AND a.state = m.from_state AND a.came_from = :state
        WHERE m.service = :service AND m.to_state = '*')""")
_EDGE = ("from_state", "to_state", "action")
_HELD_STATES = sa.text("SELECT service, state FROM gateway.service_state")
_HELD_MOVES = sa.text("SELECT service, from_state, to_state, action FROM gateway.service_move")
_DROP_ROUTES = sa.text("DELETE FROM gateway.service_route")
_DROP_MOVE = sa.text("""
    DELETE FROM gateway.service_move
    WHERE service = :service AND from_state = :from_state AND to_state = :to_state AND action = :action""")
_DROP_STATE = sa.text("DELETE FROM gateway.service_state WHERE service = :service AND state = :state")
_DROP_EMPTY = sa.text("""
    DELETE FROM gateway.service s WHERE NOT EXISTS (SELECT FROM gateway.service_state t WHERE t.service = s.service)""")


def sync(tx: Transaction, services: Sequence[ServiceRow]) -> list[str]:
    """Make the tables say what `services` say; the states kept only because cases are in them, as 'service: STATE'."""
    tx.execute(_LOCK)
    wanted = {(row.service, state) for row in services for state in row.states}
    held = {(row.service, row.state) for row in tx.execute(_HELD_STATES)}
    kept = {(service, state) for service, state in held - wanted if _is_used(tx, service, state)}
    _drop_moves(tx, services, wanted | kept, kept)
    _each(tx, _DROP_STATE, [{"service": service, "state": state} for service, state in held - wanted - kept])
    tx.execute(_DROP_EMPTY)
    _put(tx, services)
    return sorted(f"{service}: {state}" for service, state in kept)


def _is_used(tx: Transaction, service: str, state: str) -> bool:
    return bool(tx.execute(_USED, {"service": service, "state": state}).scalar_one())


def _put(tx: Transaction, services: Sequence[ServiceRow]) -> None:
    tx.execute(_DROP_ROUTES)
    for row in services:
        name = {"service": row.service}
        about = {"start_state": row.start_state, "directorate": row.directorate, "promise": row.promise}
        tx.execute(_SERVICE, name | about)
        states = [{"state": each, "final": final, "awaits": each in row.awaits} for each, final in row.states.items()]
        _each(tx, _STATE, [name | state for state in states])
        _each(tx, _ROUTE, [{**name, "place": place, "office": office} for place, office in row.routes.items()])
        moves = [dict(zip(_EDGE, move, strict=True)) | {"only_if": _condition(row, move)} for move in row.moves]
        _each(tx, _MOVE, [{**name, **move} for move in moves])


def _condition(row: ServiceRow, move: Edge) -> Jsonb | None:
    ways = row.only_if.get(move)
    return Jsonb([dict(way) for way in ways]) if ways else None


def _drop_moves(
    tx: Transaction, services: Sequence[ServiceRow], known: set[tuple[str, str]], kept: set[tuple[str, str]]
) -> None:
    """Drop what no service names, except the ways out of a kept state into states that are still there."""
    wanted = {(row.service, *move) for row in services for move in row.moves}
    dropped = []
    for row in tx.execute(_HELD_MOVES):
        way_out = (row.service, row.from_state) in kept and (
            row.to_state == BACK or (row.service, row.to_state) in known
        )
        if tuple(row) not in wanted and not way_out:
            dropped.append(dict(row._mapping))
    _each(tx, _DROP_MOVE, dropped)


def _each(tx: Transaction, statement: sa.TextClause, parameters: Sequence[Mapping[str, object]]) -> None:
    if parameters:
        tx.execute(statement, parameters)
