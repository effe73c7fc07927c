"""Sending what is due: claim, mark as sending, hand to the provider, write down what came of it.

Each step is a transaction of its own and no connection is held while the provider is asked. A crash before `sending`
is committed gives the message back when its lease ends; a crash after it leaves the message `unsure`, never sent
again by itself (docs/adr/0004-unsure.md). It must not know any provider's wire, nor keep what matters in Redis.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from traceback import extract_tb

from redis import Redis, RedisError

from gateway import line
from gateway.backoff import settlement
from gateway.providers import NO_ANSWER, Outcome, Outgoing, Provider, grouped
from gateway.runtime import current
from gateway.stopping import THIS_PROCESS, Stop
from store import outbox
from store.db import Database, StoreUnavailable

log = logging.getLogger(__name__)

BATCH = 100
RECIPIENTS = 100
LEASE_S = 60
IN_FLIGHT = 8
"""Requests at a time: most notices have a text of their own, and a provider takes a fifth of a second for each."""
BUDGET = timedelta(seconds=20)
"""A job ends after this and asks for the next one: a long queue then keeps nobody waiting."""
SILENCES = 3
HOLD_PAUSE_S = 60
SILENCE_PAUSE_S = 30
WRITE_AGAIN_S = (0.2, 1.0, 3.0)

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
    drain_line(runtime.db, runtime.redis, runtime.provider, runtime.now, THIS_PROCESS)


def drain_line(db: Database, redis: Redis, provider: Provider, now: Clock, stop: Stop) -> None:
    """Drain by the line's flags; what goes wrong is logged by its type only, for texts of errors may name people."""
    try:
        if not _may_begin(redis):
            return
        drained = drain_all(db, provider, now, stop)
    except StoreUnavailable:
        log.warning("sms: the store is away; messages wait")
        return
    except Exception as error:  # not raised: RQ would log it and keep it in Redis with the texts and phones in it
        log.error("sms: drain stopped by %s in %s", type(error).__name__, extract_tb(error.__traceback__)[-1].name)
        return
    _tell(redis, drained, stop)


def drain_all(db: Database, provider: Provider, now: Clock, stop: Stop, in_flight: int = IN_FLIGHT) -> Drained:
    """Batches until nothing is due, the line must pause, the budget is spent or somebody asks to end."""
    started, handled = now(), 0
    while True:
        drained = drain_once(db, provider, now, stop, in_flight=in_flight)
        handled += drained.handled
        if drained.pause or not drained.handled:
            return replace(drained, handled=handled)
        if stop.asked or now() - started > BUDGET:
            return Drained(handled, unfinished=True)


def drain_once(
    db: Database, provider: Provider, now: Clock, stop: Stop, *, in_flight: int = IN_FLIGHT, lease_s: int = LEASE_S
) -> Drained:
    """Claim one batch and hand it over in waves of requests, for half its lease at most; the rest is given back.

    The first request goes alone, and so does each after a silence: a broken line or account costs one message then.
    A batch never holds two messages of one case or phone, so those of a wave cannot overtake each other.
    """
    until = now() + timedelta(seconds=lease_s / 2)
    with db.transaction() as tx:
        claimed = outbox.claim(tx, BATCH, now(), lease_s)
    attempts = {message.id: message.attempts for message in claimed}
    waiting = grouped([Outgoing(message.id, message.phone, message.text) for message in claimed], RECIPIENTS)
    drained, silences = Drained(0), 0
    hand_over = partial(_hand_over, db, provider, attempts, now)
    try:
        with ThreadPoolExecutor(in_flight) as pool:
            while waiting and drained.pause is None and not stop.asked and now() < until:
                size = in_flight if drained.handled and not silences else 1
                wave, waiting = waiting[:size], waiting[size:]
                for outcomes in list(pool.map(hand_over, wave)):
                    silences = silences + 1 if _silent(outcomes) else 0
                    drained = _after(drained, outcomes, silences)
    finally:
        _give_back(db, waiting)
    return drained


def _give_back(db: Database, waiting: Sequence[Sequence[Outgoing]]) -> None:
    if waiting:
        with db.transaction() as tx:
            outbox.release(tx, [message.id for group in waiting for message in group])


def _hand_over(
    db: Database, provider: Provider, attempts: Mapping[int, int], now: Clock, group: Sequence[Outgoing]
) -> list[Outcome]:
    """One request. Whoever commits `sending` owns the message: what another took over meanwhile is left alone."""
    with db.transaction() as tx:
        ours = set(outbox.sending(tx, [message.id for message in group], now()))
    outcomes = provider.send([message for message in group if message.id in ours]) if ours else []
    for outcome in outcomes:
        _write_down(db, outcome, attempts[outcome.message_id], provider.name, now)
    return outcomes


def _write_down(db: Database, outcome: Outcome, attempts: int, provider: str, now: Clock) -> None:
    """Settle one message, patiently: an answer that is not written down makes the message unsure."""
    if outcome.outcome in ("unsure", "hold", "failed"):
        log.warning("sms: message %d %s: %s", outcome.message_id, outcome.outcome, outcome.code)
    for pause in (*WRITE_AGAIN_S, None):
        try:
            with db.transaction() as tx:
                outbox.settle(tx, outcome.message_id, settlement(outcome, attempts, provider, now()), now())
            return
        except StoreUnavailable:
            if pause is None:
                raise
            time.sleep(pause)


def _silent(outcomes: Sequence[Outcome]) -> bool:
    return bool(outcomes) and all(outcome.code in NO_ANSWER for outcome in outcomes)


def _after(drained: Drained, outcomes: Sequence[Outcome], silences: int) -> Drained:
    handled = drained.handled + len(outcomes)
    held = [outcome.code for outcome in outcomes if outcome.outcome == "hold"]
    if held:
        return Drained(handled, held[0], HOLD_PAUSE_S)
    if silences >= SILENCES and drained.pause is None:
        return Drained(handled, outcomes[0].code, SILENCE_PAUSE_S)
    return replace(drained, handled=handled)


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
