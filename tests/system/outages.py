"""What operators and accidents do to the servers while people are in calls: away, hung, emptied, restarted, reloaded.

Decides: what is lost with each, and so what nobody may be blamed for. Must not know: what citizens do.
"""

import time
from dataclasses import replace
from datetime import timedelta
from itertools import count

from gateway import dropped, promises
from gateway.errands import TooSlow
from gateway.setbacks import Setbacks
from store.db import StoreUnavailable
from tests.system.callers import Callers
from tests.system.calls import RECOVERS_S, REDIS, STRICT, WORKERS
from tests.system.editions import edited

_versions = count(1)


class Outages(Callers):
    """The callers' line, and what happens behind it."""

    def redis_is_lost(self) -> None:
        """All that it knew is gone, what it promised to do included."""
        self._forget({REDIS})
        for phone in self.phones:
            for form in phone.forms:
                form.promised = False

    def redis_is_emptied(self) -> None:
        """By an operator, under a running gateway."""
        self.runtime.redis.flushdb()
        self.redis_is_lost()

    def restart(self, worker: int) -> None:
        """One worker of the web part, by its end or by its will."""
        self.line.restart(worker)
        self._forget({worker})

    def _forget(self, places: set[int]) -> None:
        for phone in self.phones:
            for call in phone.calls:
                call.knowing -= places
                call.owing -= places
                if REDIS in places:
                    call.noted = False
                    last = call.replies.get(call.transcript)
                    call.replies = {call.transcript: last} if last is not None and call.knowing else {}
                elif not call.knowing:
                    call.replies.clear()

    def redis_goes(self, *, hung: bool) -> None:
        """It is away for the hops that follow."""
        if not self.servers.redis_is_up:
            return
        if hung:
            self.servers.hang_redis()
        else:
            self.servers.kill_redis()
            self.redis_is_lost()

    def redis_returns(self) -> None:
        """Nobody is told: the connections break, or go on, at the next hop."""
        if self.servers.redis_is_up:
            return
        self.servers.return_redis()
        owing = [call for phone in self.phones for call in phone.calls if call.owing]
        time.sleep(RECOVERS_S)
        for call in owing:
            call.noted, call.owing = True, set()
            call.knowing.add(REDIS)

    def postgres_goes(self, *, hung: bool) -> None:
        """It is away for the hops that follow."""
        if not self.servers.postgres_is_up:
            return
        if hung:
            self.servers.hang_postgres()
        else:
            self.servers.kill_postgres()

    def postgres_returns(self) -> None:
        """With all that was committed."""
        self.line.postgres_returns()

    def everything_returns(self) -> None:
        """As at the end of each walk."""
        self.redis_returns()
        self.postgres_returns()

    def sweep(self, *, silent: bool) -> None:
        """One round of the sweep; `silent`: after a time in which every call was over."""
        if self.servers.postgres_hangs:
            return  # it would wait, as ours would
        moment = self.runtime.now() + (dropped.SILENT + timedelta(seconds=9) if silent else timedelta())
        for phone in self.phones if silent else ():
            if phone.live:
                phone.live.over = True
        later = replace(self.runtime, now=lambda: moment)
        try:
            dropped.mend(later, deep=False)
            promises.mend(later, Setbacks())
        except (StoreUnavailable, TooSlow):
            return
        if silent and self.servers.postgres_is_up and self.servers.redis_is_up:
            self._found_silent()

    def _found_silent(self) -> None:
        for phone in self.phones:
            for form in phone.open_forms():
                form.kept = form.kept or self.is_noted(phone, form)

    def reload(self, edition: str) -> None:
        """New calls see another version, those under way stay on theirs."""
        digest = f"version {next(_versions)}"
        self.runtime.versions.take(edited(self.base, self.runtime.content, edition, digest))

    def begin_versions(self) -> None:
        """The first version has an operator with small screens."""
        self.original = self.runtime.content
        digest = f"version {next(_versions)}"
        self.base = replace(self.original, operators=(*self.original.operators, STRICT), digest=digest)
        self.runtime.versions.take(self.base)

    def finish(self) -> None:
        """Everything is back and the sweep has been round: now it is seen what was lost."""
        self.everything_returns()
        self.sweep(silent=True)
        for phone in self.phones:
            strays = any(call.adrift for call in phone.calls)
            self.truth.every_form_sent_is_one_application(phone, strays=strays)
            for worker in WORKERS:
                self.dial(phone, worker=worker)
            self.truth.every_kept_form_is_whole(phone)
            self.truth.nobody_is_told_twice(phone)

    def close(self) -> None:
        """The line is cut, and the content is as it was."""
        self.everything_returns()
        self.line.close()
        self.runtime.versions.take(self.original)
