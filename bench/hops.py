"""Hops per second, latency and processor time of the gateway and its peers, in interleaved rounds on the same servers.

A ratio is taken within one round, whose runs follow each other: machines slow down and speed up by the hour.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.peers import BUILDER, FLASK, GATEWAY, Peer, peers, prepare, running, script
from bench.processor import pin, seconds, tree
from bench.world import World
from gateway.ports import any_port

WARM_S = 2.0
WARM_CITIZENS = 15_000
"""More than call while it warms up: whoever is cut off there is not called again."""


@dataclass(frozen=True)
class Layout:
    """Where things run: with one core for the server alone, the rest has the other."""

    name: str
    workers: int
    phones: int
    server: frozenset[int]
    rest: frozenset[int]
    stored: bool


TWO_CORES = Layout("2 cores, with the insert", 2, 64, frozenset({0, 1}), frozenset({0, 1}), True)
ONE_CORE = Layout("1 core, without the insert", 1, 32, frozenset({0}), frozenset({1}), False)


@dataclass(frozen=True)
class Run:
    """What one peer did in one round. Latencies in ms, processor time in us a hop."""

    peer: str
    hops_s: float
    p50: float
    p99: float
    wrong: int
    server_us: float
    redis_us: float
    postgres_us: float


def measure(world: World, layout: Layout, rounds: int, run_s: float) -> list[dict[str, Run]]:
    """Each round: every peer once, one after the other."""
    load = prepare()
    return [{run.peer: run for run in _round(world, layout, load, run_s, number)} for number in range(rounds)]


def _round(world: World, layout: Layout, load: Path, run_s: float, number: int) -> Iterator[Run]:
    port = any_port(8200)
    order = peers(world, port, layout.workers, stored=layout.stored)
    for peer in order[number % 3 :] + order[: number % 3]:  # nobody is always first
        run = run_one(world, layout, peer, port, load, run_s)
        print(f"  {number + 1}  {_line(run)}", flush=True)
        yield run


def _line(run: Run) -> str:
    speed = f"{run.peer:18} {run.hops_s:6.0f} hops/s  p50 {run.p50:6.2f}  p99 {run.p99:6.2f} ms"
    work = f"server {run.server_us:4.0f}  redis {run.redis_us:3.0f}  postgres {run.postgres_us:3.0f} us/hop"
    return f"{speed}  {work}  wrong {run.wrong}"


def run_one(
    world: World, layout: Layout, peer: Peer, port: int, load: Path, run_s: float, *, keep: bool = False
) -> Run:
    """One peer under load. `keep`: what Redis holds stays."""
    if not keep:
        world.between_runs()
    pin(tree(world.postgres.process.pid) + tree(world.redis.process.pid), set(layout.rest))
    with running(peer, port, set(layout.server)) as server:
        _load(layout, peer, port, load, WARM_S, first=0)
        groups = [tree(pid) for pid in (server.pid, world.redis.process.pid, world.postgres.process.pid)]
        before = [seconds(group) for group in groups]
        said = _load(layout, peer, port, load, run_s, first=WARM_CITIZENS)
        used = [1e6 * (seconds(group) - was) / max(said["hops"], 1) for group, was in zip(groups, before, strict=True)]
    wrong = int(said["wrong"] + said["lost"]) + _mixed_up(world)
    return Run(peer.name, said["hops_s"], said["p50"], said["p99"], wrong, *used)


def _load(layout: Layout, peer: Peer, port: int, load: Path, run_s: float, *, first: int) -> dict[str, float]:
    salt = f"{time.time_ns() % 10**9:09}"
    words = [str(load), str(port), peer.path, str(layout.phones), "0.2", str(run_s)]
    words += [str(script(peer, stored=layout.stored)), salt, str(first)]
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, layout.rest)
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    finally:
        os.sched_setaffinity(0, before)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _mixed_up(world: World) -> int:
    """Rows that hold another session's number: the number is the end of the session's id."""
    peers_own = "SELECT count(*) FROM bench.entry WHERE right(session, 12) <> number"
    ours = "SELECT count(*) FROM public.application WHERE service = 'entry' AND right(submission, 12) <> {}"
    return world.ask(peers_own) + world.ask(ours.format("answers->>'number'"))


def table(layout: Layout, done: Sequence[dict[str, Run]]) -> str:
    """Medians and ratios within a round, with the range over the rounds."""
    lines = [f"\n{layout.name}: {len(done)} rounds, medians; ratios to {BUILDER} of the same round [worst-best]"]
    lines.append(f"{'':18} {'hops/s':>7} {'p50 ms':>7} {'p99 ms':>7} {'us/hop':>7} {'ratio':>20} {'wrong':>6}")
    for name in (BUILDER, GATEWAY, FLASK):
        runs = [each[name] for each in done]
        ratios = [each[name].hops_s / each[BUILDER].hops_s for each in done]
        mid = [median(getattr(run, field) for run in runs) for field in ("hops_s", "p50", "p99", "server_us")]
        spread = f"{median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"
        wrong = sum(run.wrong for run in runs)
        lines.append(f"{name:18} {mid[0]:7.0f} {mid[1]:7.2f} {mid[2]:7.2f} {mid[3]:7.0f} {spread:>20} {wrong:6}")
    return "\n".join(lines)


def targets(layout: Layout, done: Sequence[dict[str, Run]]) -> list[tuple[str, float, str, bool]]:
    """(what, worst round, target, holds)."""
    speed = min(each[GATEWAY].hops_s / each[BUILDER].hops_s for each in done)
    slow = max(each[GATEWAY].p99 / each[BUILDER].p99 for each in done)
    work = max(each[GATEWAY].server_us / each[FLASK].server_us for each in done)
    wrong = sum(each[GATEWAY].wrong for each in done)
    least = 1.0 if layout.stored else 1.5
    found = [(f"hops/s to {BUILDER}", speed, f">= {least}", speed >= least)]
    if layout.stored:
        found.append((f"p99 to {BUILDER}", slow, "<= 0.7", slow <= 0.7))
    found.append((f"processor time a hop to {FLASK}", work, "<= 0.4", work <= 0.4))
    return [*found, ("wrong answers", wrong, "0", wrong == 0)]
