"""The sweep's slow work, a little at each pass: cases against their history, anchors, deletion by age, measures.

Decides: how much of each is done at a pass, so that none takes longer than a moment however many cases there are. Safe
in several copies: each step is a transaction of its own. Must not know SQL.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import cycle

from gateway.retention_rules import Ages, load_ages
from gateway.runtime import Runtime
from store import chain, events, measures, retention
from store.chain import Horizon
from store.events import Span

log = logging.getLogger(__name__)

SLICES = 10
"""Of 8000 at each pass: at a pass every 5 s, each case is compared with its history once an hour."""
LIMIT = 500
ERASED = 20
"""Cases erased at a pass at most."""
ANCHOR_EVERY = timedelta(minutes=5)
MEASURE_EVERY = timedelta(hours=1)
WHO = "retention"


class Housekeeper:
    """One process's place in its rounds; losing it loses nothing but the place."""

    def __init__(self, runtime: Runtime, ages: Ages | None = None, slices: Sequence[Span] | None = None) -> None:
        self._runtime, self._ages = runtime, ages or load_ages()
        self._slices: Iterator[Span] = cycle(slices or chain.slices(digits=4))
        self._horizon: Horizon | None = None
        self._anchor_at = self._measure_at = datetime.min.replace(tzinfo=runtime.zone)

    def round(self) -> None:
        """One pass. StoreUnavailable."""
        now = self._runtime.now()
        for _ in range(SLICES):
            span = next(self._slices)
            self._compare(span)
            self._erase(span, now)
        self._anchor(now)
        self._delete(now)
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_EVERY
            with self._runtime.db.transaction() as tx:
                measures.gather(tx)

    def _compare(self, span: Span) -> None:
        db = self._runtime.db
        appended = db.repeated(lambda tx: events.heal(tx, span))
        reopened = len(db.repeated(lambda tx: events.missing(tx, LIMIT, within=span)))
        if appended or reopened:
            log.warning("sweep: events appended=%d reopened=%d", appended, reopened)

    def _anchor(self, now: datetime) -> None:
        """Two steps, passes apart: where events are numbered now, and an anchor once all up to there are decided."""
        if self._horizon is None:
            if now >= self._anchor_at:
                with self._runtime.db.transaction() as tx:
                    self._horizon = chain.horizon(tx)
            return
        with self._runtime.db.transaction() as tx:
            decided = chain.is_decided(tx, self._horizon)
            anchor = chain.drop_anchor(tx, self._horizon, now) if decided else None
        if not decided:
            return
        if anchor is not None:
            # The log leaves this machine: what stands there cannot be rewritten together with the store.
            log.info("anchor %d: %d events up to %d, %s", anchor.id, anchor.events, anchor.up_to, anchor.hash.hex())
        if anchor is None or anchor.events < chain.MOST:
            self._horizon, self._anchor_at = None, now + ANCHOR_EVERY

    def _erase(self, span: Span, now: datetime) -> None:
        if not self._ages.cases:
            return
        with self._runtime.db.transaction() as tx:
            over = retention.over(tx, now - timedelta(days=self._ages.cases), ERASED, span)
            erased = sum(retention.erase(tx, each, WHO, f"{self._ages.cases} days", now) for each in over)
        if erased:
            log.info("retention: cases=%d", erased)

    def _delete(self, now: datetime) -> None:
        done = {}
        for what, days in self._ages.deleted.items():
            with self._runtime.db.transaction() as tx:
                done[what] = retention.delete_older(tx, what, now - timedelta(days=days), LIMIT)
        if any(done.values()):
            log.info("retention: %s", ", ".join(f"{what}={number}" for what, number in done.items() if number))
