"""Work with the store that a hop waits for only so long: it goes on in its thread when the hop cannot wait any more.

Decides: how long a hop lives, and that a store which hangs holds up no more than these threads. Must not know: what
the work is. A statement's own time-out (store/db.py) is shorter than a hop, but a connection that hangs has none.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

log = logging.getLogger(__name__)

HOP_S = 8.0
"""The provider waits 10 s for an answer (contract §1.5)."""
MARGIN_S = 0.7
"""Of those, kept for writing the session down and answering."""
THREADS = 8

T = TypeVar("T")
Settle = Callable[[Any, BaseException | None], None]


class TooSlow(Exception):  # noqa: N818
    """The work goes on; nobody waits for it."""


class Errands:
    """A few threads of this process, started when the first errand comes; they end with the process."""

    def __init__(self, threads: int = THREADS) -> None:
        self._queue: SimpleQueue[tuple[asyncio.AbstractEventLoop, Callable[[], Any], Settle]] = SimpleQueue()
        self._threads, self._started = threads, 0
        self._idle = threading.Semaphore(0)

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` returns or raises; TooSlow when it takes longer than `seconds`."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if not future.done():
                future.set_result(result) if error is None else future.set_exception(error)

        self.send(work, settle)
        return await within(future, seconds)

    def send(self, work: Callable[[], Any], settle: Settle) -> None:
        """Have `work` done in a thread; `settle` is called on the loop with what it returned or raised."""
        self._queue.put((asyncio.get_running_loop(), work, settle))
        if not self._idle.acquire(blocking=False) and self._started < self._threads:
            self._started += 1
            threading.Thread(target=self._serve, name=f"errand-{self._started}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            loop, work, settle = self._queue.get()
            result, failed = None, None
            try:
                result = work()
            except BaseException as error:
                failed = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, result, failed)
            del loop, work, settle, result, failed  # nothing of a citizen's stays in an idle thread
            self._idle.release()


async def within(future: "asyncio.Future[T]", seconds: float) -> T:
    """The future's result; TooSlow when that takes longer than `seconds`."""
    timer = asyncio.get_running_loop().call_later(max(seconds, 0), _give_up, future)
    try:
        return await future
    finally:
        timer.cancel()


def _give_up(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_exception(TooSlow())
