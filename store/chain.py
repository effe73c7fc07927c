"""The hash chain of the history: checked a slice of references at a time, and anchored as a whole.

Each event's hash covers the event and the hash before it in its case. An anchor covers the hashes of all events since
the last one, so that a case that is gone with its whole chain is missed too. Decides what is a break; mends nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import sqlalchemy as sa

from store import rows
from store.db import Transaction

MOST = 100_000
"""Events under one anchor."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where the history is not what was written; `event_id` is None where an event should be and is not."""

    event_id: int | None
    reference: str | None
    fault: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """One hash over all events up to `up_to` and over the anchor before."""

    id: int
    up_to: int
    events: int
    hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Horizon:
    """Events up to `up_to` were numbered before transaction `xid` began: all are decided once it is the oldest."""

    up_to: int
    xid: int


_PATIENTLY = sa.text("SET LOCAL statement_timeout = '60s'")
_CHECK = sa.text("""
    WITH history AS (
        SELECT e.*, lag(e.hash) OVER (PARTITION BY e.reference ORDER BY e.id) AS previous,
               lead(e.id) OVER (PARTITION BY e.reference ORDER BY e.id) IS NULL AS last
        FROM gateway.event e WHERE e.reference >= :low AND e.reference < :high
    ), judged AS (
        SELECT h.id, h.reference, CASE
            WHEN h.hash <> gateway.event_hash(h.previous, h.payload, h.reference, h.service, h.from_state, h.to_state,
                                              h.action, h.actor_kind, h.actor, h.version, h.at)
                THEN 'its hash does not fit the event, or not the one before it'
            WHEN h.payload <> '' AND h.salt IS NULL AND x.reference IS NULL
                THEN 'what it says was erased, and no erasure is recorded'
            WHEN h.salt IS NOT NULL AND h.payload <> gateway.event_payload(
                    h.salt, h.actor_kind, h.actor, h.reason, h.details, h.before, h.after)
                THEN 'what it says is not what was written'
            WHEN h.payload = '' AND (h.details <> '{}' OR num_nonnulls(h.reason, h.before, h.after) > 0)
                THEN 'what it says was added later'
            WHEN h.last AND a.reference IS NULL AND x.reference IS NULL
                THEN 'its case is gone, and no erasure is recorded'
            WHEN h.last AND a.state <> h.to_state
                THEN 'it is the last one and leads to ' || h.to_state || ', but the case is in ' || a.state
        END AS fault
        FROM history h
        LEFT JOIN public.application a ON a.reference = h.reference
        LEFT JOIN gateway.erasure x ON x.reference = h.reference
    )
    SELECT (SELECT count(*) FROM judged) AS events, first.id AS event_id, first.reference, first.fault
    FROM (SELECT) one LEFT JOIN LATERAL (
        SELECT id, reference, fault FROM judged WHERE fault IS NOT NULL
        UNION ALL
        SELECT NULL, a.reference, 'the case has no history' FROM public.application a
        WHERE a.reference >= :low AND a.reference < :high
            AND NOT EXISTS (SELECT FROM gateway.event e WHERE e.reference = a.reference)
        ORDER BY 1 LIMIT 1) first ON true""")
_ANCHORS = sa.text("SELECT * FROM gateway.anchor ORDER BY id")
_GATHER = sa.text("""
    SELECT count(*) AS events, coalesce(max(id), 0) AS up_to,
           sha256(CAST(:previous AS bytea)
                  || sha256(coalesce(string_agg(int8send(id) || hash, '' ORDER BY id), ''))) AS hash
    FROM (SELECT id, hash FROM gateway.event WHERE id > :after AND id <= :up_to ORDER BY id LIMIT :most) next""")
_LATEST = sa.text("SELECT * FROM gateway.anchor ORDER BY id DESC LIMIT 1")
_LOCK = sa.text("SELECT pg_advisory_xact_lock(4967, 0)")
_DROP = sa.text("""
    INSERT INTO gateway.anchor (up_to, events, hash, at) VALUES (:up_to, :events, :hash, :now) RETURNING *""")
_NUMBERED = sa.text("SELECT last_value FROM gateway.event_id_seq")
_NEXT_XID = sa.text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM (SELECT pg_sleep(0.02)) wait")
_OLDEST_XID = sa.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def slices(digits: int = 3) -> list[tuple[str, str]]:
    """Spans of references by their first digits, (first, first beyond): 800, or 8000 of four, of a like size each."""
    prefixes = range(2 * 10 ** (digits - 1), 10**digits)
    bounds = [str(prefix).ljust(8, "0") for prefix in prefixes] + ["a"]
    return list(pairwise(bounds))


def check(tx: Transaction, low: str, high: str) -> tuple[int, Break | None]:
    """How many events the cases from `low` to below `high` have, and the first break among them, by event."""
    tx.execute(_PATIENTLY)
    found = tx.execute(_CHECK, {"low": low, "high": high}).one()
    return found.events, Break(found.event_id, found.reference, found.fault) if found.fault else None


def check_anchors(tx: Transaction) -> Iterator[tuple[Anchor, Break | None]]:
    """Every anchor in order, with the break when the events it covers are not those it was dropped on."""
    previous, after = b"", 0
    for anchor in rows.every(Anchor, tx.execute(_ANCHORS)):
        tx.execute(_PATIENTLY)
        covers = {"previous": previous, "after": after, "up_to": anchor.up_to, "most": None}
        found = tx.execute(_GATHER, covers).one()
        fault = None
        if found.events != anchor.events:
            fault = f"anchor {anchor.id} covers {anchor.events} events up to {anchor.up_to}; {found.events} are there"
        elif bytes(found.hash) != bytes(anchor.hash):
            fault = f"anchor {anchor.id} does not fit the events up to {anchor.up_to}"
        yield anchor, Break(None, None, fault) if fault else None
        previous, after = bytes(anchor.hash), anchor.up_to


def horizon(tx: Transaction) -> Horizon:
    """Up to where events are numbered now. Ids are not in commit order, so nothing is anchored before it is decided."""
    up_to = tx.execute(_NUMBERED).scalar_one()
    return Horizon(up_to, tx.execute(_NEXT_XID).scalar_one())


def is_decided(tx: Transaction, seen: Horizon) -> bool:
    """Whether every transaction that could add an event up to there has ended."""
    return bool(tx.execute(_OLDEST_XID).scalar_one() >= seen.xid)


def drop_anchor(tx: Transaction, seen: Horizon, now: datetime) -> Anchor | None:
    """Anchor the events up to a decided `seen`, the oldest 100,000 of them; None when none are new."""
    tx.execute(_PATIENTLY)
    tx.execute(_LOCK)
    last = rows.first(Anchor, tx.execute(_LATEST))
    known = {"previous": last.hash if last else b"", "after": last.up_to if last else 0}
    found = tx.execute(_GATHER, {**known, "up_to": seen.up_to, "most": MOST}).one()
    if not found.events:
        return None
    return rows.first(
        Anchor, tx.execute(_DROP, {"up_to": found.up_to, "events": found.events, "hash": found.hash, "now": now})
    )


def latest(tx: Transaction) -> Anchor | None:
    """The newest anchor."""
    return rows.first(Anchor, tx.execute(_LATEST))
