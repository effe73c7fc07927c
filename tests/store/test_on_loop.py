"""Statements that a loop waits for: it goes on meanwhile, and what goes wrong goes wrong as in a thread."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator

import psycopg
import pytest
import sqlalchemy as sa

from store.db import Database, Overtaken, StoreUnavailable, Transaction, asked

NAP = "SELECT pg_sleep(0.3), pg_backend_pid()"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url, application_name="on-loop")
    yield database
    database.close()


def nap(tx: Transaction) -> int:
    return int(asked(tx, NAP, [])[0][1])


async def ticks(waited: Awaitable[object]) -> tuple[int, object]:
    """How often a loop that looks each 10 ms came round while it waited, and what came."""
    task, count = asyncio.ensure_future(waited), 0
    while not task.done():
        await asyncio.sleep(0.01)
        count += 1
    return count, (await asyncio.gather(task, return_exceptions=True))[0]


def test_the_loop_goes_on_and_two_wait_at_a_time(db: Database) -> None:
    began = time.monotonic()
    count, pids = asyncio.run(ticks(_both(db)))
    assert isinstance(pids, list)
    assert len(set(pids)) == 2
    assert count > 15
    assert time.monotonic() - began < 0.9


async def _both(db: Database) -> list[int]:
    return list(await asyncio.gather(db.on_loop(nap), db.on_loop(nap)))


def test_sqlalchemys_statements_wait_on_the_loop_too(db: Database) -> None:
    count, _ = asyncio.run(ticks(db.on_loop(lambda tx: tx.execute(sa.text(NAP)).all())))
    assert count > 15


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SELECT 1/0", psycopg.errors.DivisionByZero),
        ("SELECT pg_terminate_backend(pg_backend_pid())", StoreUnavailable),
    ],
)
def test_a_fault_arrives_and_the_next_one_is_served(db: Database, statement: str, error: type[Exception]) -> None:
    async def both() -> int:
        with pytest.raises(error):
            await db.on_loop(lambda tx: asked(tx, statement, []))
        return await db.on_loop(nap)

    assert asyncio.run(both()) > 0


def test_what_another_overtook_is_done_again_five_times_at_most(db: Database) -> None:
    tries: list[int] = []

    def work(tx: Transaction, enough: int) -> int:
        tries.append(1)
        if len(tries) < enough:
            raise Overtaken
        return nap(tx)

    assert asyncio.run(db.on_loop(lambda tx: work(tx, 5))) > 0
    tries.clear()
    with pytest.raises(Overtaken):
        asyncio.run(db.on_loop(lambda tx: work(tx, 9)))
    assert len(tries) == 5


def test_a_work_that_is_cancelled_lets_go_of_its_connection(db: Database, owner: psycopg.Connection) -> None:
    async def cancelled() -> int:
        task = asyncio.ensure_future(db.on_loop(lambda tx: asked(tx, "SELECT pg_sleep(30)", [])))
        await asyncio.sleep(0.3)
        task.cancel()
        assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
        return await db.on_loop(nap)

    began = time.monotonic()
    assert asyncio.run(cancelled()) > 0
    assert time.monotonic() - began < 3
    owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE %s AND application_name = 'on-loop'",
        ["%pg_sleep(30)%"],
    )


def test_a_store_that_takes_nobody_does_not_hold_the_loop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        database = Database(f"postgresql://127.0.0.1:{deaf.getsockname()[1]}/x")
        count, result = asyncio.run(ticks(database.on_loop(nap)))
    assert isinstance(result, StoreUnavailable)
    assert count > 50


def test_in_a_thread_the_same_connection_waits_as_ever(db: Database) -> None:
    on_loop: Callable[[], int] = lambda: asyncio.run(db.on_loop(nap))  # noqa: E731
    assert on_loop() == on_loop()
    with db.transaction() as tx:
        assert nap(tx) > 0
