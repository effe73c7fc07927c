"""Sending what is due: the job that claims batch after batch, until nothing is due or the line must pause.

A crash before `sending` is committed gives a message back when its lease ends; a crash after it leaves the message
`unsure` (docs/adr/0004-unsure.md). It must not know any provider's wire, nor keep what matters in Redis.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from traceback import extract_tb

from redis import Redis, RedisError

from gateway import line
from gateway.carriers import Carriers
from gateway.handover import Batch
from gateway.runtime import current
from gateway.stopping import THIS_PROCESS, Stop
from store import outbox
from store.db import Database, StoreUnavailable

log = logging.getLogger(__name__)

BATCH = (100, 1000)
"""Least and most messages of a claim: the next one takes twice what the last one could hand over in its time."""
LEASE_S = 60
HAND_OVER = timedelta(seconds=1)
"""A batch is handed over for so long; the rest is given back, lest an answer wait behind a thousand broadcasts."""
BUDGET = timedelta(seconds=20)
"""A job ends after this and asks for the next one: a long queue then keeps nobody waiting."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Drained:
    """How many messages were handed over; why (a code) and for how many seconds the line must pause; what is left."""

    handled: int
    pause: str | None = None
    pause_s: int = 0
    unfinished: bool = False


def drain() -> None:
    """The RQ job: send what is due, with the parts of this process's runtime."""
    runtime = current()
    drain_line(runtime.db, runtime.redis, runtime.carriers, runtime.now, THIS_PROCESS)


def drain_line(db: Database, redis: Redis, carriers: Carriers, now: Clock, stop: Stop) -> None:
    """Drain by the line's flags; what goes wrong is logged by its type only, for texts of errors may name people."""
    try:
        if not _may_begin(redis):
            return
        drained = drain_all(db, carriers, now, stop)
    except StoreUnavailable:
        log.warning("sms: the store is away; messages wait")
        return
    except Exception as error:  # not raised: RQ would log it and keep it in Redis with the texts and phones in it
        log.error("sms: drain stopped by %s in %s", type(error).__name__, extract_tb(error.__traceback__)[-1].name)
        return
    _tell(redis, drained, stop)


def drain_all(db: Database, carriers: Carriers, now: Clock, stop: Stop) -> Drained:
    """Batches until nothing is due, nobody can send, the budget is spent or somebody asks to end.

    A long queue has two batches under way: while one waits for the store, the other is made ready.
    """
    until = now() + BUDGET
    with ThreadPoolExecutor(carriers.in_flight) as pool, ThreadPoolExecutor(1) as second:
        first = drain_once(db, carriers, now, stop, pool)
        if first.pause or not first.handled:
            return first
        go_on = partial(_go_on, db, carriers, now, stop, pool, until, first.handled)
        beside = second.submit(go_on) if first.handled >= BATCH[0] else None
        done = [first, go_on(), *([beside.result()] if beside else [])]
    paused = next((each for each in done if each.pause), first)
    return Drained(
        sum(each.handled for each in done), paused.pause, paused.pause_s, any(each.unfinished for each in done)
    )


def _go_on(
    db: Database, carriers: Carriers, now: Clock, stop: Stop, pool: ThreadPoolExecutor, until: datetime, handled: int
) -> Drained:
    """The batches after one that handed over so many."""
    total = 0
    while True:
        if stop.asked or now() > until:
            return Drained(total, unfinished=True)
        drained = drain_once(db, carriers, now, stop, pool, size=min(max(2 * handled, BATCH[0]), BATCH[1]))
        handled, total = drained.handled, total + drained.handled
        if drained.pause or not handled:
            return replace(drained, handled=total)


def drain_once(
    db: Database,
    carriers: Carriers,
    now: Clock,
    stop: Stop,
    pool: ThreadPoolExecutor,
    *,
    size: int = BATCH[0],
    lease_s: int = LEASE_S,
) -> Drained:
    """Claim one batch and hand it over; StoreUnavailable."""
    carriers.agree()
    if closed := carriers.closed(now()):
        return Drained(0, closed[0], ceil(closed[1].total_seconds()))
    with db.transaction() as tx:
        claimed = outbox.claim(tx, size, now(), lease_s)
    batch = Batch(db, carriers, claimed, now)
    with carriers.at_work():
        batch.run(pool, stop, now() + min(HAND_OVER, timedelta(seconds=lease_s / 2)))
    carriers.agree()
    closed = carriers.closed(now())
    return Drained(batch.handled, closed[0], ceil(closed[1].total_seconds())) if closed else Drained(batch.handled)


def _may_begin(redis: Redis) -> bool:
    try:
        return line.begin(redis)
    except RedisError:
        return True  # the flags are hints: what is due is in PostgreSQL


def _tell(redis: Redis, drained: Drained, stop: Stop) -> None:
    try:
        if drained.pause:
            log.error("sms: the line pauses for %d s: %s", drained.pause_s, drained.pause)
            line.pause(redis, drained.pause, drained.pause_s)
        elif drained.unfinished and not stop.asked:
            line.wake(redis)
    except RedisError as error:
        log.warning("sms: the queue is away: %s", type(error).__name__)
