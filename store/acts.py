"""Tells the database who acts, for the next statement on the shared table, and brings back what it refuses."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store.cases import Act, Application, IllegalMove
from store.db import Transaction

_ACT = sa.text("SELECT set_config('gateway.act', :act, true)")
_STAY = sa.text("""
    INSERT INTO gateway.event
        (reference, service, from_state, to_state, action, actor_kind, actor, details, version, at)
    VALUES (:reference, :service, :state, :state, :action, :kind, :actor, :details, :version, :at)""")
_ANNOUNCE = sa.text("SELECT pg_notify('gateway_events', '')")


def pose(tx: Transaction, act: Act, now: datetime) -> None:
    """The next INSERT or UPDATE of applications in this transaction is recorded as this act."""
    said = {
        "kind": act.kind,
        "actor": act.actor,
        "action": act.action,
        "details": _without_sealed(act.details),
        "at": now.isoformat(),
    }
    tx.execute(_ACT, {"act": json.dumps(said)})


def append(tx: Transaction, case: Application, act: Act, now: datetime) -> None:
    """An event for what changed the case and not its state; the triggers see only states."""
    event: Mapping[str, Any] = {
        "reference": case.reference,
        "service": case.service,
        "state": case.state,
        "action": act.action,
        "kind": act.kind,
        "actor": act.actor,
        "details": Jsonb(_without_sealed(act.details)),
        "version": case.version,
        "at": now,
    }
    tx.execute(_STAY, event)
    tx.execute(_ANNOUNCE)


def _without_sealed(details: Mapping[str, Any]) -> dict[str, Any]:
    """A sealed value stays in the case: the history would keep it from new keys and from being erased."""
    return {name: "sealed" if isinstance(value, dict) and "enc" in value else value for name, value in details.items()}


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the triggers refuse into IllegalMove; a broken table constraint stays an error of the program."""
    try:
        yield
    except (sa.exc.IntegrityError, psycopg.IntegrityError) as error:
        cause = error.orig if isinstance(error, sa.exc.IntegrityError) else error
        if isinstance(cause, psycopg.errors.CheckViolation) and cause.diag.constraint_name is None:
            raise IllegalMove(cause.diag.message_primary) from error
        raise
