"""What goes wrong, at random: processes killed and started again, connections cut, Redis forgetting everything.

Decides: which faults there are and how often each comes. Must not know: what must hold in spite of them.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from bench.chaos.world import PARTS, World

Repair = Callable[[], None]


def _part(name: str, world: World) -> Repair:
    world.kill(name, random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
    return partial(world.start, name)


def _at_once(fault: Callable[[World], None], world: World) -> Repair:
    fault(world)
    return lambda: None


FAULTS: dict[str, tuple[int, Callable[[World], Repair]]] = {
    **{f"{name} killed": (3, partial(_part, name)) for name in PARTS},
    "PostgreSQL crashed": (2, World.crash_postgres),
    "Redis killed": (3, World.crash_valkey),
    "PostgreSQL backend killed": (1, partial(_at_once, World.kill_backend)),
    "PostgreSQL connections cut": (4, partial(_at_once, World.cut_postgres)),
    "Redis connections cut": (3, partial(_at_once, World.cut_redis)),
    "Redis flushed": (4, partial(_at_once, World.flush_redis)),
}
"""Name -> how often, against the others, and what does it; the answer mends it."""


def make(world: World, until: float, pause: tuple[float, float] = (0.3, 1.5)) -> Counter[str]:
    """One or two faults at a time until then (monotonic), mended each time; how often each was made."""
    made: Counter[str] = Counter()
    names, weights = list(FAULTS), [weight for weight, _ in FAULTS.values()]
    while time.monotonic() < until:
        chosen = set(random.choices(names, weights, k=random.choice([1, 1, 2])))
        repairs = [FAULTS[name][1](world) for name in chosen]
        made.update(chosen)
        time.sleep(random.uniform(0, 1.0))
        for repair in repairs:
            repair()
        time.sleep(random.uniform(*pause))
    return made
