"""One run of chaos: write while everything breaks, then let the dust settle, then count.

Decides: the order of things. Must not know: what a fault is (audit), what breaks (mischief).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg

from bench.chaos import mischief
from bench.chaos.audit import audit
from bench.chaos.world import World
from bench.chaos.writers import Notes, insert, write_api, write_sql
from gateway import keys
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.sweep import Mended, sweep_once
from gateway.workflow_sync import rows
from store import officers

ROLES = ("CLERK", "VERIFIER", "INSPECTOR", "APPROVER")
LATER = timedelta(minutes=10)
HURRY = "UPDATE gateway.message SET next_attempt_at = now() WHERE state = 'queued' AND next_attempt_at > now()"
UNFINISHED = """
    SELECT (SELECT count(*) FROM gateway.event WHERE relayed_at IS NULL)
         + (SELECT count(*) FROM gateway.message WHERE state IN ('queued', 'claimed', 'sending'))"""


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, what was found, what must be 0, and parts that ended without being asked."""

    made: Counter[str]
    written: Counter[str]
    counts: dict[str, int]
    faults: dict[str, int]
    deserters: list[str]

    def lines(self) -> list[str]:
        """The report as a table."""
        parts = {
            "faults made": self.made,
            "by the writers": self.written,
            "found": self.counts,
            "must be 0": self.faults,
        }
        table = [line for title, figures in parts.items() for line in (f"{title}:", *_lines(figures))]
        return [*table, f"parts that ended by themselves: {', '.join(self.deserters) or 'none'}"]


def _lines(figures: dict[str, int]) -> list[str]:
    return [f"  {number:>7}  {name}" for name, number in figures.items()]


def run(directory: Path, *, seconds: float, cases: int, writers: int, trouble: float, settle_s: float) -> Report:
    """Chaos for `seconds`, with as many SQL writers as API writers; TimeoutError where the dust does not settle."""
    world = World(directory, trouble)
    try:
        world.open()
        notes = Notes(stop_at=time.monotonic() + seconds)
        with psycopg.connect(world.portal_url, autocommit=True) as connection:
            insert(connection, notes, cases)
        made = _with_writers(world, notes, writers, lambda: mischief.make(world, notes.stop_at))
        mended = settle(world, settle_s)
        counts, faults = audit(world.postgres.url, world.ledger, notes.done)
        faults |= {"events that triggers missed": mended.events_appended, "events reopened": mended.events_reopened}
        return Report(made, notes.counts, counts, faults, world.deserters)
    finally:
        world.close()


def _with_writers(world: World, notes: Notes, writers: int, work: Callable[[], Counter[str]]) -> Counter[str]:
    runtime = world.runtime()
    moves: dict[str, list[str]] = {}
    water = next(row for row in rows(runtime.content) if row.service == "water")
    for source, target, action in water.moves:
        ways = water.only_if.get((source, target, action), [{}])
        if any("new" in way.get("when", {}).get("request", ["new"]) for way in ways):  # as the cases made here are
            moves.setdefault(source, []).append(target)
    threads = []
    for number in range(writers):
        threads.append(threading.Thread(target=write_sql, args=(world.portal_url, notes, moves)))
        threads.append(threading.Thread(target=write_api, args=(world.base, _hired(runtime, number), notes)))
    for thread in threads:
        thread.start()
    made = work()
    for thread in threads:
        thread.join(60)
    runtime.db.close()
    return made


def _hired(runtime: Runtime, number: int) -> str:
    new = keys.make()
    with runtime.db.transaction() as tx:
        officers.add(tx, f"officer {number}", ROLES, "water", new.key_id, new.key_hash, runtime.now())
    return new.key


def settle(world: World, seconds: float) -> Mended:
    """Peace: leases end as if their time had passed, waiting messages go now, until nothing is on the way."""
    for name in ("worker", "worker-2", "sweep", "far"):
        world.kill(name)
    runtime, world.trouble = world.runtime(), 0.0
    mended = sweep_once(runtime.db, lambda _: None, runtime.now() + LATER, Setbacks())
    runtime.db.close()
    world.flush_redis()
    for name in ("far", "worker", "worker-2", "sweep"):
        world.start(name)
    deadline = time.monotonic() + seconds
    with psycopg.connect(world.postgres.url, autocommit=True) as owner:
        while (left := _left(owner)) and time.monotonic() < deadline:
            owner.execute(HURRY)
            time.sleep(0.5)
    if left:
        raise TimeoutError(f"{left} events or messages still on the way after {seconds:.0f} s of peace")
    return mended


def _left(owner: psycopg.Connection) -> int:
    row = owner.execute(UNFINISHED).fetchone()
    assert row is not None
    return int(row[0])
