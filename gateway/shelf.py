"""Versions of the content as files, for a session that began with one that this process does not hold.

Decides: when one is read, and that hops which miss the same one wait for one reading. Must not know: what is done
without it. Everything here but `now` runs on one event loop; the reading does not.
"""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from gateway import reload
from gateway.errands import Errands
from gateway.versions import Versions
from menus.content import Content
from menus.yaml_source import ContentError

log = logging.getLogger(__name__)


class Shelf:
    """A process has one. It is asked only where `Versions` has nothing: after a start, or just after an edit."""

    def __init__(self, versions: Versions, errands: Errands, data_dir: Path) -> None:
        self._versions, self._errands, self._data_dir = versions, errands, data_dir
        self._under_way: dict[str, asyncio.Future[None]] = {}

    async def fetched(self, digest: str, seconds: float) -> Content | None:
        """The version, from now on held; None when it is not there, is refused, or takes longer than `seconds`."""
        if not reload.is_kept(self._data_dir, digest):
            return None
        if digest not in self._under_way:
            self._under_way[digest] = self._begun(digest)
        await asyncio.wait((self._under_way[digest],), timeout=max(seconds, 0))
        return self._versions.of(digest)

    def now(self, digest: str) -> Content | None:
        """The same for who may wait as long as it takes, on no loop."""
        if self._versions.of(digest) is None and reload.is_kept(self._data_dir, digest):
            with suppress(OSError, ContentError):
                self._versions.remember(reload.kept(self._data_dir, digest))
        return self._versions.of(digest)

    def _begun(self, digest: str) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(found: Content | None, error: BaseException | None) -> None:
            del self._under_way[digest]
            if found is not None:
                self._versions.remember(found)
            else:
                log.error("content %s, with which sessions began, cannot be read: %s", digest, error)
            done.set_result(None)

        self._errands.send(lambda: reload.kept(self._data_dir, digest), settle)
        return done
