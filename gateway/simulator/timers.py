"""Work for later: runs calls on a small pool of threads, at once or after a delay, until closed.

It must not know what it runs. A call that raises is logged and forgotten.
"""

import heapq
import itertools
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Event, Thread

log = logging.getLogger(__name__)
Call = Callable[[], object]


class Timers:
    """A clock thread and `workers` threads. `closing` is set when `close` begins, so that long waits may end early."""

    def __init__(self, workers: int = 16) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="simulator")
        self._waiting: list[tuple[float, int, Call]] = []
        self._ticket = itertools.count()
        self._changed = Condition()
        self.closing = Event()
        self._thread = Thread(target=self._run, name="simulator-timers", daemon=True)
        self._thread.start()

    def after(self, seconds: float, call: Call) -> None:
        """Run `call` on the pool once `seconds` have passed; dropped when closed before."""
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._ticket), call))
            self._changed.notify()

    def now(self, call: Call) -> "Future[None] | None":
        """Run `call` on the pool; None when closing."""
        try:
            return self._pool.submit(_logged, call)
        except RuntimeError:
            return None

    def close(self) -> None:
        """Drop what waits, let running calls finish, end the threads."""
        with self._changed:
            self.closing.set()
            self._changed.notify()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self.closing.is_set():
            for call in self._due():
                self.now(call)

    def _due(self) -> list[Call]:
        with self._changed:
            wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
            if not self.closing.is_set() and (wait is None or wait > 0):
                self._changed.wait(wait)
            due = []
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                due.append(heapq.heappop(self._waiting)[2])
            return due


def _logged(call: Call) -> None:
    try:
        call()
    except Exception:
        log.exception("simulator call failed")
