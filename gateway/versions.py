"""The versions of the content that this process holds: the current one, and those that sessions may still be on.

Decides: which version a session sees. Must not know: where versions come from (see gateway/reload.py).
"""

import threading
from collections.abc import Iterable
from dataclasses import replace

from menus.content import Content
from menus.notices import QuietHours

KEPT = 4
"""Versions kept besides the current one; a session lives 180 s, five edits in that time lose one."""


class Versions:
    """Content by digest. Reading takes no lock: the current version is one reference, replaced in one step."""

    def __init__(self, current: Content, earlier: Iterable[Content] = (), quiet: QuietHours | None = None) -> None:
        self._quiet, self._changing = quiet, threading.Lock()
        self._current = self._with_quiet(current)
        self._by_digest = {each.digest: self._with_quiet(each) for each in (*earlier, current)}

    @property
    def current(self) -> Content:
        """What new sessions begin with."""
        return self._current

    def of(self, digest: str) -> Content | None:
        """The version that a session began with; None when this process does not have it any more."""
        return self._by_digest.get(digest)

    def take(self, content: Content) -> None:
        """Begin new sessions with `content`; those under way stay on theirs."""
        with self._changing:
            held = {digest: each for digest, each in self._by_digest.items() if digest != content.digest}
            newest = list(held.items())[-KEPT:]
            self._current = self._with_quiet(content)
            self._by_digest = {**dict(newest), content.digest: self._current}

    def remember(self, content: Content) -> None:
        """Hold an earlier version for the sessions that began with it."""
        with self._changing:
            self._by_digest = {content.digest: self._with_quiet(content), **self._by_digest}

    def _with_quiet(self, content: Content) -> Content:
        """Quiet hours are the operator's setting; every version has the same."""
        return replace(content, quiet=self._quiet) if self._quiet != content.quiet else content
