"""What 100,000 live sessions cost in Redis, and whether a hop notices them.

The sessions are the gateway's own: one was walked to each of the five screens on which a session waits for its
citizen, and written by the gateway's memory again and again with another phone, another id and another number; where a
form is open, that is noted as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from redis import Redis

from bench.hops import CITIZENS, TWO_CORES, Run, run_of, standing
from bench.peers import GATEWAY, prepare
from bench.world import World
from gateway import hops, loop, reload
from gateway.open_forms import Note
from gateway.playing import Hop
from gateway.records import Record
from gateway.runtime import Runtime, build
from gateway.sessions import Sessions
from gateway.settings import Settings
from gateway.switchboard import switchboard

LIVE = 100_000
NUMBER = "314159265358"
INPUTS = ("", "3", "3*1", "3*1*{n}", "3*1*{n}*{d}")


@dataclass(frozen=True)
class Found:
    """MB of Redis for the sessions, and the gateway's run without and with them."""

    megabytes: float
    before: Run
    after: Run


def measure(world: World, run_s: float) -> Found:
    """Fill Redis, and run the same load before and after."""
    world.between_runs()
    before = _one(world, run_s)
    world.between_runs()
    megabytes = _fill(world)
    after = _one(world, run_s)
    print(f"  {megabytes:.1f} MB of Redis, {10 * megabytes:.0f} bytes a session")
    for name, run in (("none", before), (f"{LIVE:,}", after)):
        print(f"  with {name:>8} live: {run.hops_s:5.0f} hops/s, p50 {run.p50:.2f}, p99 {run.p99:.2f} ms")
    return Found(megabytes, before, after)


def _one(world: World, run_s: float) -> Run:
    with standing(world, TWO_CORES, prepare(), GATEWAY) as gateway:
        return run_of(GATEWAY, [gateway.turn(run_s, CITIZENS)], run_s)


def _fill(world: World) -> float:
    environment = world.environment(1)
    settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
    runtime = build(settings, content=reload.published(world.data_dir))
    walked = [_walked(runtime, number) for number in range(len(INPUTS))]
    with Redis.from_url(world.redis.url) as redis:
        redis.flushall()
        empty = _used(redis)
        loop.run(_written(runtime, walked))
        full = _used(redis)
    loop.run(runtime.pipe.close())
    runtime.db.close()
    return float(full - empty) / 1e6


async def _written(runtime: Runtime, walked: Sequence[Record]) -> None:
    sessions = Sessions(runtime.pipe)
    for number in range(LIVE):
        session, record = f"ATUid_live_{number:08x}_{number:012}", _another(walked[number % len(INPUTS)], number)
        noted = Note(record.phone, session, 1_700_000_000_000)
        await sessions.save(session, record, noted if record.state.answers else None)


def _used(redis: Redis) -> int:
    return cast("dict[str, int]", redis.info("memory"))["used_memory"]


def _walked(runtime: Runtime, screen: int) -> Record:
    """A session of a citizen whom the gateway knows, at one of its screens."""
    board, session = switchboard(runtime), f"ATUid_walked_{screen}"
    for text in INPUTS[: screen + 1]:
        typed = text.format(n=NUMBER, d=3)
        loop.run(hops.answer(board, Hop(session, f"+964770{screen:07}", "*964#", typed, "41820")))
    found = loop.run(board.sessions.load(session))
    assert found is not None
    return found


def _another(record: Record, number: int) -> Record:
    own = f"{number * 7919 % 10**12:012}"
    answers = {name: own if value == NUMBER else value for name, value in record.state.answers.items()}
    return replace(
        record,
        phone=f"+96478{number:08}",
        transcript=record.transcript.replace(NUMBER, own),
        state=replace(record.state, answers=answers),
        stored=b"",
    )


def targets(found: Found) -> list[tuple[str, float, str, bool]]:
    """(what, measured, target, holds)."""
    slower = found.after.p50 / found.before.p50
    return [
        ("MB of Redis for 100,000 sessions", found.megabytes, "<= 20", found.megabytes <= 20),
        ("p50 of a hop with 100,000 live sessions to without", slower, "<= 1.15", slower <= 1.15),
    ]
