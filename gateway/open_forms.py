"""Which session of a phone has a form open, kept in Redis: how a redial and the sweep find a call that dropped.

Decides: the shape in Redis (small hashes, which it packs to some 60 bytes a phone). Must not know: forms, the store.
Losing it loses the way to sessions that Redis has lost as well.
"""

import logging
from collections.abc import Iterator

from redis import RedisError

from gateway.redis_wire import RedisWire

log = logging.getLogger(__name__)

_SUFFIX = 3
"""Last digits of the phone that name its hash: 1000 hashes, 100 fields each with 100,000 forms open."""


class OpenForms:
    """By phone: the session, and when its form was opened. Every method survives Redis being away."""

    def __init__(self, wire: RedisWire) -> None:
        self._wire = wire

    def note(self, phone: str, session: str, now_s: int) -> None:
        """This session of the phone has something worth keeping; `now_s`: seconds since 1970."""
        try:
            self._wire.call(("HSET", _key(phone), phone[:-_SUFFIX], f"{now_s}:{session}"))
        except RedisError:
            log.warning("session memory is away: an open form is not noted")

    def of(self, phone: str) -> str | None:
        """The phone's latest session with a form."""
        try:
            (found,) = self._wire.call(("HGET", _key(phone), phone[:-_SUFFIX]))
        except RedisError:
            return None
        return found.decode().partition(":")[2] if isinstance(found, bytes) else None

    def drop(self, phone: str) -> None:
        """Its form is kept elsewhere, or over."""
        try:
            self._wire.call(("HDEL", _key(phone), phone[:-_SUFFIX]))
        except RedisError:
            log.warning("session memory is away: an open form stays noted")

    def older_than(self, moment_s: int) -> Iterator[tuple[str, str]]:
        """(phone, session) of the forms that were opened before `moment_s`; nothing while Redis is away."""
        try:
            for number in range(10**_SUFFIX):
                suffix = f"{number:0{_SUFFIX}}"
                for front, value in self._fields(f"forms:{suffix}"):
                    opened, _, session = value.decode().partition(":")
                    if int(opened) < moment_s:
                        yield front.decode() + suffix, session
        except RedisError:
            log.warning("session memory is away: open forms cannot be looked through")

    def _fields(self, key: str) -> list[tuple[bytes, bytes]]:
        (found,) = self._wire.call(("HGETALL", key))
        if isinstance(found, dict):  # RESP 3
            return list(found.items())
        return list(zip(found[::2], found[1::2], strict=True))


def _key(phone: str) -> str:
    return f"forms:{phone[-_SUFFIX:]}"
