"""Claims: due messages are leased to a sender, marked as being sent, and taken back when a lease ends.

A claim is a lease and says nothing about the provider: it can be given back. `sending` is written just before the
request leaves, so a message that a dead worker left there may have gone out, and is never sent again by itself.
Decides who may go next. Knows neither providers nor texts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.db import Transaction, driver


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a sender needs of a message that is its own now; `provider` carried the last attempt, if there was one."""

    id: int
    reference: str | None
    phone: str
    kind: str
    text: str
    parts: int
    priority: int
    attempts: int
    resends: int
    next_attempt_at: datetime
    provider: str | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """A claimed message and who is about to carry it; `provider_id` where the provider lets us choose it."""

    id: int
    provider: str
    provider_id: str | None = None


# The first priority may take the whole claim and the others still have their share of it: nobody starves. Losing this
# commit in a crash only gives the claim back, so it need not wait for the disk.
_CLAIM = """
    WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)),
    answers AS (
        SELECT id FROM gateway.next_in_lane WHERE priority = 0 AND next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED),
    notices AS (
        SELECT id FROM gateway.next_in_lane WHERE priority = 1 AND next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id
        LIMIT greatest(%(limit)s - (SELECT count(*) FROM answers), ceil(%(limit)s * 0.25)) FOR UPDATE SKIP LOCKED),
    broadcasts AS (
        SELECT id FROM gateway.next_in_lane WHERE priority = 2 AND next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id
        LIMIT greatest(%(limit)s - (SELECT count(*) FROM answers) - (SELECT count(*) FROM notices),
                       floor(%(limit)s * 0.1)) FOR UPDATE SKIP LOCKED),
    taken AS (SELECT id FROM answers UNION ALL SELECT id FROM notices UNION ALL SELECT id FROM broadcasts)
    UPDATE gateway.message m SET state = 'claimed', lease_until = %(lease_until)s
    FROM quick, taken WHERE m.id = taken.id
    RETURNING m.id, m.reference, m.phone, m.kind, m.text, m.parts, m.priority, m.attempts, m.resends,
              m.next_attempt_at, m.provider"""
# By key: `state || ''` can use no index, for that of the leases is full of entries of messages that left long ago.
_SENDING = """
    UPDATE gateway.message m
    SET state = 'sending', lease_until = %(lease_until)s, tried_at = %(now)s, provider = s.provider,
        provider_id = s.provider_id
    FROM gateway.each_of(CAST(%(given)s AS json)) AS one,
         json_to_record(one) AS s (id bigint, provider text, provider_id text)
    WHERE m.id = s.id AND m.state || '' = 'claimed' RETURNING m.id"""
_RELEASE = sa.text("""
    UPDATE gateway.message SET state = 'queued', lease_until = NULL,
        next_attempt_at = greatest(next_attempt_at, CAST(:until AS timestamptz))
    WHERE id = ANY(:ids) AND state = 'claimed'""")
_LAPSED_CLAIMS = sa.text("""
    UPDATE gateway.message SET state = 'queued', lease_until = NULL
    WHERE id IN (SELECT id FROM gateway.message WHERE state = 'claimed' AND lease_until < :now
                 ORDER BY id FOR UPDATE SKIP LOCKED)""")
_LAPSED_SENDS = sa.text("""
    WITH lapsed AS (
        UPDATE gateway.message SET state = 'unsure', lease_until = NULL, attempts = attempts + 1,
            error = 'the worker stopped while it was sending'
        WHERE id IN (SELECT id FROM gateway.message WHERE state = 'sending' AND lease_until < :now
                     ORDER BY id FOR UPDATE SKIP LOCKED)
        RETURNING id, provider, provider_id, tried_at, parts)
    INSERT INTO gateway.attempt (message_id, provider, at, outcome, provider_id, code, parts)
    SELECT id, coalesce(provider, ''), coalesce(tried_at, :now), 'unsure', provider_id, 'stopped', parts FROM lapsed""")
_DUE = sa.text("""
    SELECT EXISTS (SELECT FROM gateway.next_in_lane WHERE priority = 0 AND next_attempt_at <= :now)
        OR EXISTS (SELECT FROM gateway.next_in_lane WHERE priority = 1 AND next_attempt_at <= :now)
        OR EXISTS (SELECT FROM gateway.next_in_lane WHERE priority = 2 AND next_attempt_at <= :now)""")
_NEXT_DUE = sa.text("SELECT min(next_attempt_at) FROM gateway.next_in_lane")


def claim(tx: Transaction, limit: int, now: datetime, lease_s: float) -> list[Claimed]:
    """Some `limit` due messages, by priority and by when they fell due, leased for `lease_s` seconds to the caller.

    A lane (the case, else the phone) has one message under way at a time; a batch never holds two of the same lane.
    Notices have a quarter of a claim to themselves and broadcasts a tenth, so a claim may exceed `limit` by that.
    """
    leased = {"limit": limit, "now": now, "lease_until": now + timedelta(seconds=lease_s)}
    claimed = [Claimed(*row) for row in driver(tx).execute(_CLAIM, leased)]
    return sorted(claimed, key=lambda each: (each.priority, each.next_attempt_at, each.id))


def sending(tx: Transaction, hand_overs: Sequence[HandOver], now: datetime, lease_s: float = 120) -> list[int]:
    """Those of the claimed messages that the caller may now give to the provider, and must settle within `lease_s`.

    The others were taken back when their lease ran out: they are someone else's.
    """
    given = json.dumps([{"id": e.id, "provider": e.provider, "provider_id": e.provider_id} for e in hand_overs])
    leased = {"now": now, "lease_until": now + timedelta(seconds=lease_s)}
    return [number for (number,) in driver(tx).execute(_SENDING, {"given": given, **leased}).fetchall()]


def release(tx: Transaction, ids: Sequence[int], until: datetime | None = None) -> None:
    """Give claimed messages back unsent; nobody claims them before `until`."""
    tx.execute(_RELEASE, {"ids": list(ids), "until": until})


def expire_leases(tx: Transaction, now: datetime) -> tuple[int, int]:
    """How many lapsed claims are queued again, and how many that were being sent became unsure."""
    return tx.execute(_LAPSED_CLAIMS, {"now": now}).rowcount, tx.execute(_LAPSED_SENDS, {"now": now}).rowcount


def due(tx: Transaction, now: datetime) -> bool:
    """Whether `claim` would find a message."""
    return bool(tx.execute(_DUE, {"now": now}).scalar())


def next_due(tx: Transaction) -> datetime | None:
    """When `claim` will find a message, as far as the store knows now; None when nothing waits."""
    moment: datetime | None = tx.execute(_NEXT_DUE).scalar()
    return moment
