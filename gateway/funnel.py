"""The way through the screens, noted in memory by each hop and written to the store in batches by a thread.

Decides: what of a hop is worth a statistic, and how long it may wait. Must not know: SQL, what a screen says.
A hop pays for its own line. What a killed process had not written is lost: half a second of a statistic. No phone and
no input is kept.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from menus.engine import Reply
from menus.state import State
from store import steps
from store.db import Database, StoreUnavailable
from store.steps import Step

log = logging.getLogger(__name__)

EVERY_S = 0.5
"""Little at a time: the steps of two seconds took a busy worker a tenth of a second, in which citizens waited."""
WAITING = 20_000
"""Steps kept while the store is away, about 5 MB; older ones are dropped."""
BATCH = 2_000

_EXITS = {"too_many": "error", "replaced": "error", "promised": "deadline", "fault": "deadline"}


class Funnel:
    """The steps of one process. `note` never waits for the store."""

    def __init__(self, db: Database, now: Callable[[], datetime], every_s: float = EVERY_S) -> None:
        self._db, self._now, self._every_s = db, now, every_s
        self._waiting: deque[str] = deque(maxlen=WAITING)
        self._thread: threading.Thread | None = None

    def note(self, session: str, step: int, state: State, reply: Reply, network: str | None, content: str) -> None:
        """This session is shown `reply` at its `step`-th input."""
        exit_ = _EXITS.get(state.action, "done") if reply.end else None
        shown = Step(session, step, self._now(), reply.screen, state.language, network, content, reply.wrong, exit_)
        self._waiting.append(steps.line(shown))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="funnel", daemon=True)
            self._thread.start()

    def flush(self) -> int:
        """Write what waits; how many steps. StoreUnavailable: they wait on."""
        number = 0
        while batch := [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]:
            try:
                with self._db.transaction() as tx:
                    steps.write(tx, batch)
            except StoreUnavailable:
                self._waiting.extendleft(reversed(batch))
                raise
            number += len(batch)
        return number

    def _run(self) -> None:
        while True:
            time.sleep(self._every_s)
            try:
                self.flush()
            except StoreUnavailable:
                log.warning("the store is away: %d steps wait", len(self._waiting))
            except Exception as error:
                log.error("steps cannot be written: %s", type(error).__name__)
