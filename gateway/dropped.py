"""Calls that dropped: the form in their memory becomes a draft, at a redial, at their end, or in the sweep.

Decides: when a session counts as dropped, and who is told. Must not know: screens, what a draft holds.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway import loop, recollection
from gateway.errands import HOP_S, TooSlow
from gateway.open_forms import Note, OpenForms
from gateway.runtime import Runtime
from gateway.sessions import Overtaken, Sessions
from handlers import drafts
from menus import unfinished
from menus.state import State
from store import dialogues, steps
from store import drafts as drafts_store
from store.db import StoreUnavailable

log = logging.getLogger(__name__)

SILENT = timedelta(seconds=200)
"""A session lives 180 s at the provider (contract §1.4): a form opened longer ago is nobody's call any more."""


class Dropped:
    """Turns the memory of dropped sessions into drafts. `tell`: the citizen is sent one SMS about the form."""

    def __init__(self, runtime: Runtime, sessions: Sessions) -> None:
        self._runtime, self._sessions = runtime, sessions
        self._forms = OpenForms(runtime.pipe)

    def opening(self, phone: str, session: str) -> Note:
        """What notes in Redis that this session has a form with an answer now."""
        return Note(phone, session, _ms(self._runtime.now()))

    async def redialled(self, phone: str, session: str, seconds: float) -> State | None:
        """The phone calls anew: what its last call left is kept, and that call is over.

        The opening that offers the form, where the store is away or takes longer than `seconds`. Overtaken when the
        session is not new: a late repeat of a first hop ends nothing.
        """
        earlier = await self._forms.of(phone)
        if earlier is None or earlier == session:
            return None
        if (own := await self._sessions.load(session)) is not None:
            raise Overtaken(own)
        async with self._sessions.turn(earlier):
            record = await self._sessions.latest(earlier)
            if record is None or record.phone != phone or not unfinished.is_unfinished(record.state):
                return None
            try:
                await self.keep(phone, earlier, record.state, seconds, tell=False)
            except (StoreUnavailable, TooSlow):
                return unfinished.recalled(record.state, earlier)
            with suppress(Overtaken):  # a hop of that call came in between: the call is not over, the draft is kept
                await self._sessions.save(earlier, replace(record, ended=True))
        return None

    async def ended(self, session: str, phone: str = "", inputs: Sequence[str] = ()) -> None:
        """The session is over, and not by our END. StoreUnavailable, TooSlow.

        `phone` and `inputs`: what the provider says of it, for a session that nobody remembers.
        """
        async with self._sessions.turn(session):
            record = await self._sessions.latest(session)
            if record is not None and unfinished.is_unfinished(record.state):
                await self.keep(record.phone, session, record.state, HOP_S, tell=True)
            elif record is None and phone and inputs:
                await self._runtime.errands.run(lambda: self._recollected(phone, session, inputs), HOP_S)

    async def keep(self, phone: str, session: str, state: State, seconds: float, *, tell: bool) -> None:
        """Write the draft of a session that stands at `state`. StoreUnavailable; TooSlow after `seconds`: then Redis
        holds the form for a day, and the sweep keeps it. It is as old as when it was noted: of a form that several
        calls went on with, the last one's answers are the newest, whoever is kept last."""
        opened = await self._forms.opened(phone, session)
        at = datetime.fromtimestamp(opened / 1000, UTC) if opened else self._runtime.now()
        try:
            await self._runtime.errands.run(lambda: self._kept(phone, session, state, at, tell), seconds)
        except (StoreUnavailable, TooSlow):
            log.warning("an unfinished form is kept when the store is back")
            await self._hold(phone, session)
            raise
        await self._forms.drop(phone, session)

    def _kept(self, phone: str, session: str, state: State, at: datetime, tell: bool) -> None:
        with self._runtime.db.transaction() as tx:
            drafts.keep(self._runtime.context(tx), session, phone, state, at, tell=tell)

    def _recollected(self, phone: str, session: str, inputs: Sequence[str]) -> None:
        with self._runtime.db.transaction() as tx:
            context = self._runtime.context(tx)
            state = recollection.stood(context, phone, session, inputs, self._runtime.settings.default_language)
            if state is not None:
                drafts.keep(context, session, phone, state, context.now, tell=True)

    async def _hold(self, phone: str, session: str) -> None:
        await self._sessions.hold(session)
        await self._forms.set_aside(phone, session, _ms(self._runtime.now()))

    async def sweep(self, now: datetime) -> int:
        """Keep the forms of calls that ended without a word; how many calls. StoreUnavailable, TooSlow: Redis holds
        them all."""
        before, away = _ms(now - SILENT), None
        found = [each async for each in self._forms.older_than(before)]
        for phone, session in found:
            if away:
                await self._hold(phone, session)
                continue
            try:
                await self.ended(session)
                await self._forms.drop(phone, session)
            except (StoreUnavailable, TooSlow) as error:
                away = error
        if away:
            raise away
        return len(found)


def _ms(moment: datetime) -> int:
    return int(1000 * moment.timestamp())


def mend(runtime: Runtime, *, deep: bool) -> None:
    """The sweep's part: silent calls become drafts; `deep` also deletes drafts and steps past their time."""
    number = loop.run(Dropped(runtime, Sessions(runtime.pipe)).sweep(runtime.now()))
    if number:
        log.info("sweep: %d calls ended without a word", number)
    if deep:
        with runtime.db.transaction() as tx:
            drafts_store.purge(tx, runtime.now())
            dialogues.purge(tx, runtime.now())
            steps.purge(tx, runtime.now())
