"""Mends what a crash or a lost notice left behind: ended leases, events without a message, texts nobody answered.

Idempotent, and safe to run in several copies at once: each step is a transaction of its own that locks what it takes.
It must not know how a text is answered, which is passed in.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from gateway import broadcasting, clockwork, dropped, promises, unsure_policy
from gateway.housekeeping import Housekeeper
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.stopping import Stop, on_signals
from store import events, inbound, outbox
from store.db import Database, StoreUnavailable

log = logging.getLogger(__name__)

EVERY_S = 5.0
DEEP_EVERY_S = 600.0
"""Comparing each case with its last event reads them all: often enough for what only a disabled trigger causes."""
UNANSWERED = timedelta(seconds=30)
LIMIT = 500

HandleInbound = Callable[[int], None]
Duties = Sequence[tuple[str, Callable[[], object]]]
"""Names for the log, and what is done."""


@dataclass(frozen=True, slots=True)
class Mended:
    """How many of each were mended."""

    released: int = 0
    unsure: int = 0
    events_appended: int = 0
    events_reopened: int = 0
    texts_answered: int = 0
    texts_failed: int = 0


def run(runtime: Runtime, handle_inbound: HandleInbound, stop: Stop | None = None, *, every_s: float = EVERY_S) -> None:
    """Sweep every `every_s` seconds until SIGTERM or SIGINT, or until `stop` is asked."""
    stop, keeper = stop or on_signals(), Housekeeper(runtime)
    setbacks, clocked, promised, deep_at = Setbacks(), Setbacks(), Setbacks(), time.monotonic()
    while not stop.asked:
        deep = time.monotonic() >= deep_at
        duties: Duties = (
            ("mending", lambda: tell(sweep_once(runtime.db, handle_inbound, runtime.now(), setbacks, deep=False))),
            ("housekeeping", keeper.round),
            ("clocks", partial(_keep_time, runtime, clocked, deep)),
            ("dropped sessions", partial(dropped.mend, runtime, deep=deep)),
            ("promises", partial(promises.mend, runtime, promised)),
            ("broadcasts", partial(broadcasting.feed_once, runtime)),
            ("unsure messages", lambda: unsure_policy.apply(runtime.db, runtime.rules, runtime.now())),
        )
        if _round(duties) and deep:
            deep_at = time.monotonic() + DEEP_EVERY_S
        stop.wait(every_s)


def _round(duties: Duties) -> bool:
    """Each duty by itself: a fault in one must not starve the others. False when the store is away."""
    for name, duty in duties:
        try:
            duty()
        except StoreUnavailable:
            log.warning("sweep: the store is away")
            return False
        except Exception as error:
            log.error("sweep: %s stopped by %s", name, type(error).__name__)
    return True


def _keep_time(runtime: Runtime, clocked: Setbacks, deep: bool) -> None:
    clockwork.tell(clockwork.keep_time(runtime, clocked, deep=deep))


def sweep_once(
    db: Database, handle_inbound: HandleInbound, now: datetime, setbacks: Setbacks, *, deep: bool = True
) -> Mended:
    """One pass; `deep` also compares every case with its events, which the housekeeper does in slices.

    StoreUnavailable.
    """
    with db.transaction() as tx:
        released, unsure = outbox.expire_leases(tx, now)
    appended = reopened = 0
    if deep:
        with db.transaction() as tx:
            appended = events.heal(tx)
        with db.transaction() as tx:
            reopened = len(events.missing(tx, LIMIT))
    answered, failed = _answer(db, handle_inbound, now, setbacks)
    return Mended(released, unsure, appended, reopened, answered, failed)


def tell(mended: Mended) -> None:
    """One line in the log when something was mended."""
    counts = {name: count for name, count in asdict(mended).items() if count}
    if counts:
        log.warning("sweep: mended %s", ", ".join(f"{name}={count}" for name, count in counts.items()))


def _answer(db: Database, handle_inbound: HandleInbound, now: datetime, setbacks: Setbacks) -> tuple[int, int]:
    """Handle what waits; what is still unhandled then has failed, whether its handler said so or kept silent."""
    ready = [number for number in _waiting(db, now) if not setbacks.waits(number, now)]
    for number in ready:
        _handle(db, handle_inbound, number)
    failed = set(_waiting(db, now)).intersection(ready) if ready else set()
    for number in ready:
        if number in failed:
            setbacks.add(number, now)
        else:
            setbacks.forget(number)
    return len(ready) - len(failed), len(failed)


def _waiting(db: Database, now: datetime) -> list[int]:
    with db.transaction() as tx:
        return inbound.unhandled(tx, now - UNANSWERED, LIMIT)


def _handle(db: Database, handle_inbound: HandleInbound, number: int) -> None:
    """A text that spoils its handler is counted against itself and holds up no other."""
    try:
        handle_inbound(number)
    except StoreUnavailable:
        raise
    except Exception as error:
        log.error("sweep: text %d cannot be handled: %s", number, type(error).__name__)
        with db.transaction() as tx:
            inbound.failed(tx, number)
