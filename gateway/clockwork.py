"""The sweep's part that keeps time: due cases are ticked, old clocks are read again.

Each case is a transaction of its own that waits for nobody, so any number of copies may run: the first to lock a case
does what is due, and the others then find nothing due. Must not know: what a tick does.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable

from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from handlers import ticking, winding
from store import clocks
from store.db import StoreUnavailable, Transaction

log = logging.getLogger(__name__)

BATCH = 500
BATCHES = 20
"""Old clocks read again in one pass: the rest of 10,000 cases waits for the next."""

Find = Callable[[Transaction], list[str]]


def keep_time(runtime: Runtime, setbacks: Setbacks, *, deep: bool = True) -> Counter[str]:
    """One pass at `runtime.now()`: how often each action was made, and how many clocks were read again (`wound`).

    `deep` also looks for cases whose clocks were never noted, which reads every case. StoreUnavailable.
    """
    made = _each(runtime, setbacks, _due(runtime, setbacks))
    made["wound"] = recount(runtime, setbacks)
    if deep:
        made["wound"] += _wound(runtime, setbacks, lambda tx: clocks.unwound(tx, BATCH))
    return +made


def recount(runtime: Runtime, setbacks: Setbacks) -> int:
    """Read the clocks of cases again whose calendar or workflow has changed; how many in this pass."""

    def outdated(tx: Transaction) -> list[str]:
        content = runtime.content
        return clocks.outdated(tx, winding.today(tx, content).rules, BATCH)

    return _wound(runtime, setbacks, outdated)


def tell(made: Counter[str]) -> None:
    """One line in the log when something was done."""
    if made:
        log.info("clocks: %s", ", ".join(f"{name}={count}" for name, count in sorted(made.items())))


def _due(runtime: Runtime, setbacks: Setbacks) -> list[str]:
    now = runtime.now()
    with runtime.db.transaction() as tx:
        found = clocks.due(tx, now, BATCH + len(setbacks))
    return [reference for reference in found if not setbacks.waits(int(reference), now)]


def _wound(runtime: Runtime, setbacks: Setbacks, find: Find) -> int:
    done: set[str] = set()
    for _ in range(BATCHES):
        with runtime.db.transaction() as tx:
            found = set(find(tx)) - done
        if not found:
            break
        done |= found
        _each(runtime, setbacks, sorted(found))
    return len(done)


def _each(runtime: Runtime, setbacks: Setbacks, references: Iterable[str]) -> Counter[str]:
    """Each case by itself: one that cannot be ticked holds up no other."""
    made: Counter[str] = Counter()
    for reference in references:
        try:
            action = _ticked(runtime, reference)
            setbacks.forget(int(reference))
            made.update([action] if action else [])
        except StoreUnavailable:
            raise
        except Exception as error:
            setbacks.add(int(reference), runtime.now())
            reason = error if isinstance(error, ticking.TickError) else type(error).__name__
            log.error("clocks: a case cannot be ticked: %s", reason)
    return made


def _ticked(runtime: Runtime, reference: str) -> str | None:
    return runtime.db.repeated(lambda tx: ticking.tick(runtime.context(tx), reference))
