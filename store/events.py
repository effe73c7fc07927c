"""Events: what happened to each case, in order, and which of it citizens have still to be told. Renders nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import rows
from store.cases import Application
from store.db import Transaction

Span = tuple[str, str]
"""References from the first to below the second (see store/chain.py `slices`)."""
EVERY: Span = ("2", "a")


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `from_state` is None for the first; `actor_kind` 'database' is a login of another system.

    `before` and `after` are the other columns that it changed, of answers and details the keys; None: none, or erased.
    """

    id: int
    reference: str
    service: str
    from_state: str | None
    to_state: str
    action: str | None
    actor_kind: str
    actor: str | None
    reason: str | None
    details: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    version: int
    at: datetime
    relayed_at: datetime | None


_HISTORY = sa.text("SELECT * FROM gateway.event WHERE reference = :reference ORDER BY id")
_HISTORIES = sa.text("SELECT * FROM gateway.event WHERE reference = ANY(CAST(:references AS char(8)[])) ORDER BY id")

# The case's advisory lock beside SKIP LOCKED: of two relays, one alone has a case, so its messages keep their order.
_UNRELAYED = sa.text("""
    SELECT * FROM gateway.event
    WHERE relayed_at IS NULL AND pg_try_advisory_xact_lock(4964, CAST(reference AS int))
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED""")
_UNRELAYED_OF = sa.text("""
    SELECT * FROM gateway.event
    WHERE reference = :reference AND relayed_at IS NULL AND pg_try_advisory_xact_lock(4964, CAST(reference AS int))
    ORDER BY id FOR UPDATE SKIP LOCKED""")
_MARK = sa.text("UPDATE gateway.event SET relayed_at = :now WHERE id = ANY(:ids)")
# The two below read whole tables; what is fast enough for a citizen's request is too short for them.
_PATIENTLY = sa.text("SET LOCAL statement_timeout = '60s'")
_MISSING = sa.text("""
    UPDATE gateway.event SET relayed_at = NULL WHERE id IN (
        SELECT e.id FROM gateway.event e
        WHERE e.relayed_at IS NOT NULL AND (CAST(:since AS timestamptz) IS NULL OR e.at >= :since)
            AND e.reference >= :low AND e.reference < :high
            AND NOT EXISTS (SELECT FROM gateway.message m WHERE m.event_id = e.id)
            AND EXISTS (SELECT FROM public.application a WHERE a.reference = e.reference)
        ORDER BY e.id LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id""")
# The case is locked, or a writer at the same moment would link a second event to the same one before.
_HEAL = sa.text("""
    INSERT INTO gateway.event (reference, service, from_state, to_state, action, actor_kind, actor, details, version)
    SELECT a.reference, a.service, last.to_state, a.state, CASE WHEN last.to_state IS NULL THEN 'submit' END,
           'system', 'sweep', a.details, a.version
    FROM public.application a
    LEFT JOIN LATERAL (SELECT to_state FROM gateway.event e WHERE e.reference = a.reference
                       ORDER BY e.id DESC LIMIT 1) last ON true
    WHERE a.state IS DISTINCT FROM last.to_state AND a.reference >= :low AND a.reference < :high
    FOR UPDATE OF a""")


def submitted(case: Application) -> Event:
    """The first event of a case that its citizen is about to submit; it has no number yet."""
    return Event(
        id=0,
        reference=case.reference,
        service=case.service,
        from_state=None,
        to_state=case.state,
        action="submit",
        actor_kind="citizen",
        actor=case.phone,
        reason=None,
        details={},
        before=None,
        after=None,
        version=case.version,
        at=case.created_at,
        relayed_at=None,
    )


def history(tx: Transaction, reference: str) -> list[Event]:
    """Everything that happened to a case, oldest first."""
    return rows.every(Event, tx.execute(_HISTORY, {"reference": reference}))


def histories(tx: Transaction, references: Collection[str]) -> dict[str, list[Event]]:
    """The same for many cases, by reference; never an empty one."""
    found: dict[str, list[Event]] = {}
    for event in rows.every(Event, tx.execute(_HISTORIES, {"references": list(references)})):
        found.setdefault(event.reference, []).append(event)
    return found


def unrelayed(tx: Transaction, limit: int) -> list[Event]:
    """Events that have no message yet, oldest first; those that another transaction is relaying are left out."""
    return rows.every(Event, tx.execute(_UNRELAYED, {"limit": limit}))


def unrelayed_of(tx: Transaction, reference: str) -> list[Event]:
    """The same for one case."""
    return rows.every(Event, tx.execute(_UNRELAYED_OF, {"reference": reference}))


def mark_relayed(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """These events have their message rows, in this transaction."""
    tx.execute(_MARK, {"ids": list(ids), "now": now})


def missing(tx: Transaction, limit: int, since: datetime | None = None, within: Span = EVERY) -> list[int]:
    """Events marked as relayed that have no message row (a muted message is one): now unrelayed again.

    Only of cases that still exist, and whose references are `within` the span.
    """
    tx.execute(_PATIENTLY)
    asked = {"limit": limit, "since": since, "low": within[0], "high": within[1]}
    return sorted(tx.execute(_MISSING, asked).scalars())


def heal(tx: Transaction, within: Span = EVERY) -> int:
    """Append the event that is missing where a case is not in the state of its last one; how many there were.

    Finds what the triggers could not see: rows written while they were disabled, or restored from elsewhere.
    """
    tx.execute(_PATIENTLY)
    tx.execute(sa.text("SELECT pg_advisory_xact_lock(4965, 0)"))
    healed = tx.execute(_HEAL, {"low": within[0], "high": within[1]}).rowcount
    if healed:
        tx.execute(sa.text("SELECT pg_notify('gateway_events', '')"))
    return healed
