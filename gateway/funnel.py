"""The way through the screens, noted in memory by each hop and written to the store in batches by a thread.

Decides: what of a hop is worth a statistic, and how long it may wait. Must not know: SQL, what a screen says.
A hop pays for its own line. What a killed process had not written is lost: half a second of a statistic. No input is
kept, and no phone but that of a report which waits for the store.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from menus.engine import Reply
from menus.state import State
from store import steps, ussd_sessions
from store.db import Database, StoreUnavailable
from store.steps import Step
from store.ussd_sessions import SessionEnd

log = logging.getLogger(__name__)

EVERY_S = 0.5
"""Little at a time: the steps of two seconds took a busy worker a tenth of a second, in which citizens waited."""
WAITING = 20_000
"""Steps kept while the store is away, about 5 MB; older ones are dropped."""
BATCH = 2_000
REPORTS = 5_000
"""Ends of sessions kept while the store is away, about 5 MB too: the provider tells them once."""
FAILED = "failed"
"""The screen of a hop that failed, in case nothing is known of what stood there before it."""

_EXITS = {"too_many": "error", "replaced": "error", "promised": "deadline", "fault": "deadline"}


class Funnel:
    """The steps of one process. Only `flush` waits for the store."""

    def __init__(self, db: Database, now: Callable[[], datetime], every_s: float = EVERY_S) -> None:
        self._db, self._now, self._every_s = db, now, every_s
        self._waiting: deque[str] = deque(maxlen=WAITING)
        self._reports: deque[tuple[SessionEnd, datetime]] = deque(maxlen=REPORTS)
        self._thread: threading.Thread | None = None
        self._writing = threading.Lock()

    def note(self, session: str, step: int, state: State, reply: Reply, network: str | None, content: str) -> None:
        """This session is shown `reply` at its `step`-th input."""
        exit_ = _EXITS.get(state.action, "done") if reply.end else None
        self._add(Step(session, step, self._now(), reply.screen, state.language, network, content, reply.wrong, exit_))

    def failed(self, session: str, step: int, language: str, network: str | None, content: str) -> None:
        """The hop after this session's `step`-th input failed: its call ended at the screen that stood there."""
        self._add(Step(session, step, self._now(), FAILED, language, network, content, False, "error"))

    def keep(self, end: SessionEnd, at: datetime) -> None:
        """The store was away when this report came, `at`: it is written when the store is back."""
        self._reports.append((end, at))
        self._wake()

    def flush(self) -> int:
        """Write what waits; how many steps. StoreUnavailable: they wait on, and so do the reports."""
        with self._writing:
            number = self._write_steps()
            while self._reports:
                self._write_report(*self._reports.popleft())
        return number

    def _write_steps(self) -> int:
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

    def _write_report(self, end: SessionEnd, at: datetime) -> None:
        try:
            with self._db.transaction() as tx:
                ussd_sessions.record_end(tx, end, at)
        except StoreUnavailable:
            self._reports.appendleft((end, at))
            raise

    def _add(self, step: Step) -> None:
        self._waiting.append(steps.line(step))
        self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="funnel", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(self._every_s)
            try:
                self.flush()
            except StoreUnavailable:
                log.warning("the store is away: %d steps, %d reports wait", len(self._waiting), len(self._reports))
            except Exception as error:
                log.error("steps or reports cannot be written: %s", type(error).__name__)
