"""Turns events into messages and due messages into a wake-up of the workers.

PostgreSQL says that something happened (LISTEN); a look every two seconds finds what it could not say. With Redis away
events still become rows, and the wake-up is tried again at the next look. It must not know texts, which the announcer
writes, nor providers.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from redis import Redis, RedisError

from gateway import line
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.stopping import Stop, on_signals
from handlers import notify
from store import events, outbox
from store.db import Database, StoreUnavailable, Transaction
from store.events import Event

log = logging.getLogger(__name__)

CHANNELS = ("gateway_events", "gateway_messages")
LOOK_S = 2.0
BATCH = 200
AGAIN_S = (0.5, 1.0, 2.0, 5.0)

Announce = Callable[[Transaction, Sequence[Event], datetime], None]
Clock = Callable[[], datetime]


def run(runtime: Runtime, stop: Stop | None = None, *, look_s: float = LOOK_S) -> None:
    """Relay until SIGTERM or SIGINT, or until `stop` is asked; whatever server is away is looked for again."""
    relay(runtime.db, runtime.redis, announcing(runtime), runtime.now, stop or on_signals(), look_s)


def announcing(runtime: Runtime) -> Announce:
    """What announces events by the content that is in force at that moment."""

    def announce(tx: Transaction, fresh: Sequence[Event], now: datetime) -> None:
        notify.announce(tx, runtime.content, fresh, now)

    return announce


def relay(db: Database, redis: Redis, announce: Announce, now: Clock, stop: Stop, look_s: float = LOOK_S) -> None:
    """The loop of `run`, with its parts as arguments."""
    setbacks, redis_away, failures, wait_s = Setbacks(), False, 0, 0.0
    while not stop.asked:
        try:
            for _ in db.listen(CHANNELS, wait_s):
                pass
            done = BATCH
            while done >= BATCH and not stop.asked:
                done = relay_once(db, announce, now(), setbacks)
                redis_away = _woken(db, redis, now(), redis_away)  # an answer does not wait for a bulk change's notices
            failures, wait_s = 0, look_s
        except StoreUnavailable:
            if failures == 0:
                log.warning("relay: the store is away; looking for it")
            stop.wait(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures, wait_s = failures + 1, 0.0


def relay_once(db: Database, announce: Announce, now: datetime, setbacks: Setbacks, batch: int = BATCH) -> int:
    """Announce one batch in one transaction; if any event spoils it, each alone. Tells how many were announced."""
    fresh: list[Event] = []

    def work(tx: Transaction) -> None:
        fresh[:] = _fresh(tx, now, setbacks, batch)
        if fresh:
            announce(tx, fresh, now)

    try:
        db.repeated(work)
        done = fresh
    except StoreUnavailable:
        raise
    except Exception as error:
        log.warning("relay: a batch is spoilt by %s; announcing its events one by one", type(error).__name__)
        done = [event for event in fresh if _alone(db, announce, event, now, setbacks)]
    for event in done:
        setbacks.forget(event.id)
    return len(done)


def _fresh(tx: Transaction, now: datetime, setbacks: Setbacks, batch: int) -> list[Event]:
    found = events.unrelayed(tx, batch + len(setbacks))
    return [event for event in found if not setbacks.waits(event.id, now)]


def _alone(db: Database, announce: Announce, event: Event, now: datetime, setbacks: Setbacks) -> bool:
    try:
        with db.transaction() as tx:
            still = [each for each in events.unrelayed_of(tx, event.reference) if each.id == event.id]
            if still:
                announce(tx, still, now)
        return True
    except StoreUnavailable:
        raise
    except Exception as error:
        setbacks.add(event.id, now)
        log.error("relay: event %d cannot be announced: %s", event.id, type(error).__name__)
        return False


def _woken(db: Database, redis: Redis, now: datetime, was_away: bool) -> bool:
    """Wake the workers when something is due; tells whether Redis is away."""
    with db.transaction() as tx:
        due = outbox.due(tx, now)
    try:
        if due:
            line.wake(redis)
        return was_away and not due
    except RedisError as error:
        if not was_away:
            log.warning("relay: the queue is away: %s; messages wait in the store", type(error).__name__)
        return True
