"""Hops per second, latency and processor time of the gateway and its peers, in interleaved rounds on the same servers.

A ratio is taken within one round, in which all are up and take short turns: machines slow down and speed up by the
minute, and who runs for ten seconds by itself may have the slow ones.
"""

import json
import os
import subprocess
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import median

from bench.peers import BUILDER, FLASK, GATEWAY, Peer, peers, prepare, running, script
from bench.processor import pin, seconds, tree
from bench.world import World
from gateway.ports import any_port

TURNS = 10
"""Of each peer in a round."""
WARM_S, AGAIN_S = 2.0, 0.5
"""Before the first turn, and at the beginning of each: it does not count."""
CITIZENS = 9_000
"""More than call in a turn: whoever is cut off at its end is not called again."""


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


@dataclass(frozen=True)
class Turn:
    """A peer's turn. `answers` are those while it warmed up as well, `times` in us without; processor time in s."""

    answers: int
    wrong: int
    times: "array[int]"
    server_s: float
    redis_s: float
    postgres_s: float


def measure(world: World, layout: Layout, rounds: int, run_s: float) -> list[dict[str, Run]]:
    """Each round: every peer for so long, turn by turn."""
    load = prepare()
    return [{run.peer: run for run in _round(world, layout, load, run_s, number)} for number in range(rounds)]


@dataclass(frozen=True)
class Standing:
    """A peer whose server is up on `port`."""

    world: World
    layout: Layout
    load: Path
    peer: Peer
    port: int
    server: subprocess.Popen[bytes]

    def turn(self, run_s: float, first: int, warm_s: float = AGAIN_S) -> Turn:
        """Load on it; `first`: number of the first citizen that calls."""
        groups = [tree(each.pid) for each in (self.server, self.world.redis.process, self.world.postgres.process)]
        before = [seconds(group) for group in groups]
        said, times = self._load(warm_s, run_s, first)
        used = [seconds(group) - was for group, was in zip(groups, before, strict=True)]
        return Turn(said["answers"], said["wrong"] + said["lost"], times, *used)

    def _load(self, warm_s: float, run_s: float, first: int) -> "tuple[dict[str, int], array[int]]":
        salt, file = f"{time.time_ns() % 10**9:09}", self.load.with_suffix(".times")
        words = [str(self.load), str(self.port), self.peer.path, str(self.layout.phones), str(warm_s), str(run_s)]
        words += [str(script(self.peer, stored=self.layout.stored)), salt, str(first), str(file)]
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.layout.rest)
        try:
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
        finally:
            os.sched_setaffinity(0, before)
        return json.loads(done.stdout), array("I", file.read_bytes())


@contextmanager
def standing(world: World, layout: Layout, load: Path, name: str) -> Iterator[Standing]:
    """The peer of that name, up and warm."""
    port = any_port(8200)
    (peer,) = [each for each in peers(world, port, layout.workers, stored=layout.stored) if each.name == name]
    pin(tree(world.postgres.process.pid) + tree(world.redis.process.pid), set(layout.rest))
    with running(peer, port, set(layout.server)) as server:
        made = Standing(world, layout, load, peer, port, server)
        made.turn(WARM_S, first=0)
        yield made


def _round(world: World, layout: Layout, load: Path, run_s: float, number: int) -> Iterator[Run]:
    world.between_runs()
    turns: dict[str, list[Turn]] = {BUILDER: [], GATEWAY: [], FLASK: []}
    with ExitStack() as up:
        all_ = [up.enter_context(standing(world, layout, load, name)) for name in turns]
        for turn in range(TURNS):
            first = (number + turn) % len(all_)  # nobody is always first
            for each in all_[first:] + all_[:first]:
                turns[each.peer.name].append(each.turn(run_s / TURNS, (turn + 1) * CITIZENS))
    mixed_up = _mixed_up(world)
    for name, taken in turns.items():
        run = run_of(name, taken, run_s, mixed_up)
        print(f"  {number + 1}  {_line(run)}", flush=True)
        yield run


def run_of(name: str, turns: Sequence[Turn], run_s: float, mixed_up: int = 0) -> Run:
    """What all turns come to; `run_s`: how long they were together."""
    times = sorted(chain.from_iterable(turn.times for turn in turns))
    answers = max(sum(turn.answers for turn in turns), 1)
    used = [
        1e6 * sum(part) / answers
        for part in zip(*((turn.server_s, turn.redis_s, turn.postgres_s) for turn in turns), strict=True)
    ]
    wrong = sum(turn.wrong for turn in turns) + mixed_up
    return Run(name, len(times) / run_s, _share(times, 0.5), _share(times, 0.99), wrong, *used)


def _share(times: Sequence[int], part: float) -> float:
    return times[int(part * (len(times) - 1))] / 1000 if times else 0.0


def _line(run: Run) -> str:
    speed = f"{run.peer:18} {run.hops_s:6.0f} hops/s  p50 {run.p50:6.2f}  p99 {run.p99:6.2f} ms"
    work = f"server {run.server_us:4.0f}  redis {run.redis_us:3.0f}  postgres {run.postgres_us:3.0f} us/hop"
    return f"{speed}  {work}  wrong {run.wrong}"


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
