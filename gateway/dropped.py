"""Calls that dropped: the form in their memory becomes a draft, at a redial, at their end, or in the sweep.

Decides: when a session counts as dropped, and who is told. Must not know: screens, what a draft holds.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.open_forms import OpenForms
from gateway.redis_wire import Command
from gateway.runtime import Runtime
from gateway.sessions import Overtaken, Sessions
from handlers import drafts
from menus.state import State
from store import dialogues, steps
from store import drafts as drafts_store

log = logging.getLogger(__name__)

SILENT = timedelta(seconds=200)
"""A session lives 180 s at the provider (contract §1.4): a form opened longer ago is nobody's call any more."""


class Dropped:
    """Turns the memory of dropped sessions into drafts. `tell`: the citizen is sent one SMS about the form."""

    def __init__(self, runtime: Runtime, sessions: Sessions) -> None:
        self._runtime, self._sessions = runtime, sessions
        self._forms = OpenForms(runtime.wire)

    def opening(self, phone: str, session: str) -> Command:
        """What notes in Redis that this session has a form with an answer now."""
        return self._forms.noting(phone, session, int(self._runtime.now().timestamp()))

    def redialled(self, phone: str, session: str) -> None:
        """The phone calls anew: what its last call left is kept, and that call is over. StoreUnavailable."""
        earlier = self._forms.of(phone)
        if earlier is None or earlier == session:
            return
        with self._sessions.turn(earlier):
            record = self._sessions.load(earlier)
            if record is None or record.ended or record.phone != phone:
                return
            self.keep(phone, earlier, record.state, tell=False)
            with suppress(Overtaken):  # a hop of that call came in between: the call is not over, the draft is kept
                self._sessions.save(earlier, replace(record, ended=True))

    def ended(self, session: str) -> None:
        """The provider says that the session is over, and not by our END. StoreUnavailable."""
        with self._sessions.turn(session):
            record = self._sessions.load(session)
            if record is not None and not record.ended:
                self.keep(record.phone, session, record.state, tell=True)

    def keep(self, phone: str, session: str, state: State, *, tell: bool) -> None:
        """Write the draft of a session that stands at `state`. StoreUnavailable."""
        with self._runtime.db.transaction() as tx:
            drafts.keep(self._runtime.context(tx), session, phone, state, tell=tell)

    def sweep(self, now: datetime) -> int:
        """Keep the forms of calls that ended without a word; how many calls. StoreUnavailable."""
        found = list(self._forms.older_than(int((now - SILENT).timestamp())))
        for phone, session in found:
            self.ended(session)
            if self._forms.of(phone) == session:
                self._forms.drop(phone)
        return len(found)


def mend(runtime: Runtime, *, deep: bool) -> None:
    """The sweep's part: silent calls become drafts; `deep` also deletes drafts and steps past their time."""
    number = Dropped(runtime, Sessions(runtime.wire)).sweep(runtime.now())
    if number:
        log.info("sweep: %d calls ended without a word", number)
    if deep:
        with runtime.db.transaction() as tx:
            drafts_store.purge(tx, runtime.now())
            dialogues.purge(tx, runtime.now())
            steps.purge(tx, runtime.now())
