"""One batch of claimed messages on its way: marked as sending, handed to providers, and what came of it written down.

Requests fly side by side; between two of them one transaction settles those that landed and marks those that leave
next, so that the store is asked once for many messages and a crash leaves only what was in flight `unsure`. No
connection is held while a provider is asked. It must not know any wire, nor Redis.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime

from gateway.backoff import settlement
from gateway.carriers import Carriers, Parcel
from gateway.providers import Outcome
from gateway.stopping import Stop
from store import outbox, pace
from store.db import Database, StoreUnavailable, Transaction
from store.outbox import Claimed, HandOver
from store.settlement import Settled

log = logging.getLogger(__name__)

WRITE_AGAIN_S = (0.2, 1.0, 3.0)
LINGER_S = 0.004
"""So long landed requests wait for others to be settled with them; a provider's answer takes fifty times as long."""
NAP_S = 0.2
LONGEST_WAIT_S = 1.0

Clock = Callable[[], datetime]
Landed = tuple[Parcel, list[Outcome]]


class Batch:
    """The messages of one claim. `handled` counts those that were handed over and settled."""

    def __init__(self, db: Database, carriers: Carriers, claimed: Sequence[Claimed], now: Clock) -> None:
        self._db, self._carriers, self._now = db, carriers, now
        self._claimed = {message.id: message for message in claimed}
        parcels, self._stranded = carriers.parcels(claimed, now())
        self._waiting: deque[Parcel] = deque(parcels)
        self._flying: dict[Future[list[Outcome]], Parcel] = {}
        self._landed: list[Landed] = []
        self.handled = 0

    def run(self, pool: ThreadPoolExecutor, stop: Stop, until: datetime) -> None:
        """Hand everything over, for as long as nobody asks to end and it is not `until` yet; give back the rest.

        StoreUnavailable, and whatever a provider raises although it must not.
        """
        try:
            while True:
                go_on = bool(self._waiting) and not stop.asked and self._now() < until
                leaving, paced = self._turn(go_on)
                self._fly(pool, leaving)
                if self._flying:
                    self._land()
                elif go_on and paced:
                    stop.wait(paced)
                else:
                    return
        finally:
            self._end()

    def _turn(self, go_on: bool) -> tuple[list[Parcel], float]:
        """Settle what landed and mark what leaves, in one commit: (what leaves, seconds to wait for the pace)."""
        settled, self._landed = list(self._settlements(self._landed)), []
        candidates = list(self._candidates()) if go_on else []
        if not settled and not candidates:
            return [], 0.0
        self.handled += len(settled)
        try:
            with self._db.transaction() as tx:
                outbox.settle_all(tx, settled, self._now())
                leaving, paced = self._paced(tx, candidates)
                ours = self._mark(tx, leaving)
        except StoreUnavailable:
            if not settled:
                raise
            self._settle_patiently(settled)
            return [], NAP_S
        for parcel in leaving:
            self._waiting.remove(parcel)
        return [kept for parcel in leaving if (kept := _of_ours(parcel, ours)).messages], paced

    def _settlements(self, landed: Sequence[Landed]) -> Iterator[Settled]:
        now = self._now()
        for parcel, outcomes in landed:
            name = parcel.provider.name
            self._carriers.saw(name, outcomes, now)
            for outcome in outcomes:
                message = self._claimed[outcome.message_id]
                if outcome.outcome in ("unsure", "hold", "failed"):
                    log.warning("sms: message %d %s: %s", message.id, outcome.outcome, outcome.code)
                refused = outcome.outcome in ("retry", "hold") or outcome.unroutable
                elsewhere = refused and self._carriers.elsewhere(message, name, now)
                yield (
                    message.id,
                    settlement(outcome, message.attempts, name, now, elsewhere=elsewhere, parts=message.parts),
                )

    def _candidates(self) -> Iterator[Parcel]:
        """What its provider's window has room for now; what a closed provider was to carry waits to be given back."""
        room = self._carriers.room(self._now())
        for parcel in self._flying.values():
            room[parcel.provider.name] -= 1
        for parcel in self._waiting:
            if room[parcel.provider.name] > 0:
                room[parcel.provider.name] -= 1
                yield parcel
            elif not any(left > 0 for left in room.values()):
                return

    def _paced(self, tx: Transaction, candidates: Sequence[Parcel]) -> tuple[list[Parcel], float]:
        """Those of the candidates that the pace of their sender lets go, and for how long the others must wait."""
        leaving: list[Parcel] = []
        longest = 0.0
        for name, provider in self._carriers.providers.items():
            mine = [parcel for parcel in candidates if parcel.provider.name == name]
            rate = self._carriers.rate(provider)
            if rate is not None and mine:
                bucket = pace.filled(tx, name, provider.sender, rate, self._now())
                let = list(_within(mine, bucket.tokens))
                pace.spend(tx, bucket, sum(parcel.parts for parcel in let))
                longest = max(longest, bucket.wait_s() if len(let) < len(mine) else 0.0)
                mine = let
            leaving += mine
        return leaving, min(longest, LONGEST_WAIT_S)

    def _mark(self, tx: Transaction, leaving: Sequence[Parcel]) -> set[int]:
        """Whoever commits `sending` owns the message: what another took over meanwhile is left alone."""
        hand_overs = [HandOver(m.id, each.provider.name, m.own_id) for each in leaving for m in each.messages]
        return set(outbox.sending(tx, hand_overs, self._now())) if hand_overs else set()

    def _fly(self, pool: ThreadPoolExecutor, leaving: Sequence[Parcel]) -> None:
        for parcel in leaving:
            self._flying[pool.submit(parcel.provider.send, parcel.messages)] = parcel

    def _land(self) -> None:
        """Wait for one request at least, and for those that are done a moment later."""
        wait(self._flying, return_when=FIRST_COMPLETED)
        if len(self._flying) > 1:
            wait(self._flying, LINGER_S)
        for future in [future for future in self._flying if future.done()]:
            self._landed.append((self._flying[future], future.result()))
            del self._flying[future]

    def _settle_patiently(self, settled: Sequence[Settled]) -> None:
        """An answer that is not written down makes its message unsure."""
        for pause in (*WRITE_AGAIN_S, None):
            try:
                with self._db.transaction() as tx:
                    outbox.settle_all(tx, settled, self._now())
                return
            except StoreUnavailable:
                if pause is None:
                    raise
                time.sleep(pause)

    def _end(self) -> None:
        """However the run ended: settle what still flew, and queue again what was not handed over."""
        wait(self._flying)
        self._landed += [(parcel, future.result()) for future, parcel in self._flying.items() if not future.exception()]
        settled, self._landed = list(self._settlements(self._landed)), []
        with suppress(StoreUnavailable):
            if settled:
                self._settle_patiently(settled)
            self._give_back()

    def _give_back(self) -> None:
        rest = [message.id for parcel in self._waiting for message in parcel.messages]
        stranded = [message.id for message in self._stranded]
        if rest or stranded:
            now = self._now()
            with self._db.transaction() as tx:
                outbox.release(tx, rest)
                outbox.release(tx, stranded, now + self._carriers.rest(now))


def _within(parcels: Sequence[Parcel], tokens: float) -> Iterator[Parcel]:
    for parcel in parcels:
        if tokens <= 0:
            return
        tokens -= parcel.parts
        yield parcel


def _of_ours(parcel: Parcel, ours: set[int]) -> Parcel:
    if all(message.id in ours for message in parcel.messages):
        return parcel
    return Parcel(parcel.provider, [message for message in parcel.messages if message.id in ours], parcel.parts)
