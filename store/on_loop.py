"""Statements that an event loop waits for without a thread: while PostgreSQL works, the loop goes on with other things.

The driver waits in one place, its connection's `wait`; a work that `run` began hands over to the loop there (greenlet),
so that what speaks to the store is written once, for threads and for the loop alike. Knows no table.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

import psycopg
from greenlet import getcurrent, greenlet
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

T = TypeVar("T")
INTERVAL_S = 0.1
"""The driver's own: how often a waiting thread looks whether it was interrupted."""


class Connection(psycopg.Connection[Any]):
    """A connection that waits on the loop inside of `run`, and as ever outside of it."""

    def wait(self, gen: PQGen[T], interval: float = INTERVAL_S, timeout: float | None = None) -> T:
        """What `gen` gives, once the server has answered."""
        work = getcurrent()
        if not isinstance(work, _Work) or work.parent is None:
            return super().wait(gen, interval, timeout)
        descriptor = self.pgconn.socket
        try:
            state = next(gen)
            while True:
                state = gen.send(work.parent.switch((descriptor, state)))
        except StopIteration as done:
            return cast(T, done.value)


class _Work(greenlet):
    """What the loop waits for."""


async def run(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Its waits for the store are the loop's; nothing else in it may block.

    It must not open a connection: that does not wait by `Connection.wait`.
    """
    doing = _Work(work)
    found = doing.switch()
    while not doing.dead:
        try:
            ready = await _ready(*found)
        except BaseException as error:
            found = doing.throw(error)
        else:
            found = doing.switch(ready)
    return cast(T, found)


async def _ready(descriptor: int, state: Wait) -> Ready:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Ready] = loop.create_future()
    if state & Wait.R:
        loop.add_reader(descriptor, _settle, future, Ready.R)
    if state & Wait.W:
        loop.add_writer(descriptor, _settle, future, Ready.W)
    try:
        return await future
    finally:
        if state & Wait.R:
            loop.remove_reader(descriptor)
        if state & Wait.W:
            loop.remove_writer(descriptor)


def _settle(future: "asyncio.Future[Ready]", ready: Ready) -> None:
    if not future.done():
        future.set_result(ready)
