"""Questions of one kind to the store, asked together: those that come while one batch is out make the next.

Decides: how many are one batch, when a second one goes out beside a first that hangs, how long others give way to one,
and that of a batch which fails each is tried alone. Must not know: what is asked. An idle gateway asks one by one; a
busy one saves trips and commits (docs/adr/0016).
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Generic, TypeVar

from gateway.errands import TooSlow, within
from store.db import StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 32
"""Items a batch."""
PATIENCE_S = 1.0
"""A batch that is out for longer does not hold the next one up."""
BESIDE = 2
"""Batches out at a time."""


class GroupCommit(Generic[Item, Result]):
    """`work` takes a batch and returns as many results. Of items with the same `key` one is in a batch.

    `linger_s`: so long a batch waits for more while the last one had more than one, as PostgreSQL's `commit_delay` has
    it: larger batches cost less an item. `leave_alone_s`: after an answer that came too late nothing is asked for so
    long. `first_s`: so long `clear` waits for a batch that has left. Everything happens on one event loop.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        key: Callable[[Item], Hashable],
        linger_s: float = 0.0,
        leave_alone_s: float = 0.0,
        first_s: float = 0.0,
    ) -> None:
        self._work, self._key = work, key
        self._linger_s, self._leave_alone_s, self._first_s = linger_s, leave_alone_s, first_s
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._out: dict[asyncio.Task[None], float] = {}
        self._coming, self._busy = False, False
        self._late: asyncio.TimerHandle | None = None
        self._quiet_until = 0.0
        self._clear = asyncio.Event()
        self._clear.set()
        self._clearing: asyncio.TimerHandle | None = None

    async def do(self, item: Item, seconds: float) -> Result:
        """The item's result, or what `work` raised; TooSlow after `seconds`: it is done all the same."""
        loop = asyncio.get_running_loop()
        if self._quiet_until > loop.time():
            raise TooSlow
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        self._soon(loop)
        try:
            return await within(future, seconds)
        except TooSlow:
            self._quiet_until = loop.time() + self._leave_alone_s
            raise

    async def clear(self) -> None:
        """Return when no batch is out that left less than `first_s` ago."""
        if not self._clear.is_set():
            await self._clear.wait()

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """At the end of this turn of the loop, with all who come in it, or a little later when many come."""
        if not self._coming:
            self._coming = True
            if self._busy:
                loop.call_later(self._linger_s, self._go, loop)
            else:
                loop.call_soon(self._go, loop)

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send what waits, unless a batch is out that is not late yet."""
        self._coming, now = False, loop.time()
        if not self._waiting:
            return
        if len(self._out) >= BESIDE or any(now < sent + PATIENCE_S for sent in self._out.values()):
            if self._late is None:
                self._late = loop.call_later(PATIENCE_S, self._look, loop)
            return
        batch = self._taken()
        self._busy = self._linger_s > 0 and len(batch) > 1
        sent = loop.create_task(self._send(batch))
        self._out[sent] = now
        sent.add_done_callback(partial(self._returned, loop))
        if self._first_s:
            self._hold(loop)

    def _hold(self, loop: asyncio.AbstractEventLoop) -> None:
        self._clear.clear()
        if self._clearing:
            self._clearing.cancel()
        self._clearing = loop.call_later(self._first_s, self._clear.set)

    async def _send(self, batch: "Sequence[tuple[Item, asyncio.Future[Result]]]") -> None:
        try:
            results = await self._done([item for item, _ in batch])
        except Exception as error:
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)

    def _returned(self, loop: asyncio.AbstractEventLoop, sent: "asyncio.Task[None]") -> None:
        del self._out[sent]
        if not self._out:
            self._clear.set()
        self._soon(loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._late = None
        self._go(loop)

    def _taken(self) -> list[tuple[Item, "asyncio.Future[Result]"]]:
        """The next batch, its keys all different; the others wait on."""
        batch: dict[Hashable, tuple[Item, asyncio.Future[Result]]] = {}
        left = []
        for each in self._waiting:
            key = self._key(each[0])
            if key in batch or len(batch) == MOST:
                left.append(each)
            else:
                batch[key] = each
        self._waiting = left
        return list(batch.values())

    async def _done(self, items: Sequence[Item]) -> Sequence[Result | BaseException]:
        """Where the store is there and a batch fails, one item is to blame: each is done alone."""
        try:
            return await self._work(items)
        except StoreUnavailable:
            raise
        except Exception:
            if len(items) == 1:
                raise
        return [await self._alone(item) for item in items]

    async def _alone(self, item: Item) -> Result | BaseException:
        try:
            (result,) = await self._work([item])
        except Exception as error:
            return error
        return result


def _settle(future: "asyncio.Future[Result]", result: Result | BaseException) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
