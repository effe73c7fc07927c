"""Work with the store that a hop waits for only so long: it goes on in its thread when the hop cannot wait any more.

Decides: how long a hop lives, and that a store which hangs holds up no more than these threads. Must not know: what
the work is. A statement's own time-out (store/db.py) is shorter than a hop, but a connection that hangs has none.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

log = logging.getLogger(__name__)

HOP_S = 8.0
"""The provider waits 10 s for an answer (contract §1.5)."""
MARGIN_S = 0.7
"""Of those, kept for writing the session down and answering."""
OPENING_S = 3.0
"""For what is known of a phone: without it the menus still answer."""
LEAVE_ALONE_S = 2.0
"""After an opening that took too long: so long the next ones do not even ask."""
THREADS = 8

T = TypeVar("T")


class TooSlow(Exception):  # noqa: N818
    """The work goes on; nobody waits for it."""


class Errands:
    """A few threads of this process, started when the first errand comes; they end with the process."""

    def __init__(self, threads: int = THREADS) -> None:
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._threads, self._started = threads, 0
        self._idle = threading.Semaphore(0)
        self._quiet_until = 0.0

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` returns or raises; TooSlow when it takes longer than `seconds`."""
        future: Future[T] = Future()
        self._queue.put((future, work))
        self._staff()
        try:
            return future.result(max(seconds, 0))
        except TimeoutError:
            if future.done():
                raise
            raise TooSlow from None

    def open(self, work: Callable[[], T], seconds: float) -> T:
        """The same for work that a hop can do without: not tried for a moment after it was too slow."""
        if self._quiet_until > time.monotonic():
            raise TooSlow
        try:
            return self.run(work, min(OPENING_S, seconds))
        except TooSlow:
            self._quiet_until = time.monotonic() + LEAVE_ALONE_S
            raise

    def _staff(self) -> None:
        if not self._idle.acquire(blocking=False) and self._started < self._threads:
            self._started += 1
            threading.Thread(target=self._serve, name=f"errand-{self._started}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            future, work = self._queue.get()
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
            del future, work  # nothing of a citizen's stays in an idle thread
            self._idle.release()
