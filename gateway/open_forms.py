"""Which session of a phone has a form open, kept in Redis: how a redial and the sweep find a call that dropped.

Decides: the shape in Redis (small hashes, which it packs to some 60 bytes a phone). Must not know: forms, the store.
Losing it loses the way to sessions that Redis has lost as well.
"""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

from redis import RedisError

from gateway.redis_pipe import Command, RedisPipe

log = logging.getLogger(__name__)

_SUFFIX = 3
"""Last digits of the phone that name its hash: 1000 hashes, 100 fields each with 100,000 forms open."""
_ASIDE = "/"
"""The field `phone` has its latest session with a form, `phone/session` one that a later one must not replace."""
_AT_ONCE = 100
"""Hashes looked through in one trip."""

_NOTE = """
local was = redis.call('HGET', KEYS[1], ARGV[1])
local other = was and string.match(was, ':(.*)$')
if other and other ~= ARGV[3] then redis.call('HSETNX', KEYS[1], ARGV[1] .. '/' .. other, was) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])"""
_SET_ASIDE = """
local was = redis.call('HGET', KEYS[1], ARGV[1])
local own = was and string.match(was, ':(.*)$') == ARGV[3]
redis.call('HSETNX', KEYS[1], ARGV[1] .. '/' .. ARGV[3], own and was or ARGV[2])"""


class Note(NamedTuple):
    """That this session of the phone has something worth keeping. `at`: in ms since 1970.

    Another session that is noted is set aside: whoever dialled may not have been able to read of it.
    """

    phone: str
    session: str
    at: int

    def now(self) -> Command:
        """What notes it as the phone's latest."""
        return ("EVAL", _NOTE, 1, _key(self.phone), self.phone[:-_SUFFIX], f"{self.at}:{self.session}", self.session)

    def late(self) -> tuple[Command, ...]:
        """What notes it when a later one may have been noted before."""
        name, front, value = _key(self.phone), self.phone[:-_SUFFIX], f"{self.at}:{self.session}"
        return ("HSETNX", name, front, value), ("HSETNX", name, f"{front}{_ASIDE}{self.session}", value)


class OpenForms:
    """By phone: the session, and when its form was opened. Every method survives Redis being away."""

    def __init__(self, wire: RedisPipe) -> None:
        self._wire = wire

    async def set_aside(self, phone: str, session: str, now_ms: int) -> None:
        """Note it so that the phone's next call does not take its place: the store could not take the form."""
        await self._done(("EVAL", _SET_ASIDE, 1, _key(phone), phone[:-_SUFFIX], f"{now_ms}:{session}", session))

    async def opened(self, phone: str, session: str) -> int | None:
        """When the session's form was noted first, in ms since 1970."""
        fields = phone[:-_SUFFIX], f"{phone[:-_SUFFIX]}{_ASIDE}{session}"
        try:
            ((plain, aside),) = await self._wire.call(("HMGET", _key(phone), *fields))
        except (RedisError, TypeError):
            return None
        noted = aside or plain
        found, _, own = noted.decode().partition(":") if isinstance(noted, bytes) else ("", "", "")
        return _ms(found) if own == session else None

    async def of(self, phone: str) -> str | None:
        """The phone's latest session with a form."""
        try:
            (found,) = await self._wire.call(("HGET", _key(phone), phone[:-_SUFFIX]))
        except RedisError:
            return None
        return found.decode().partition(":")[2] if isinstance(found, bytes) else None

    async def drop(self, phone: str, session: str) -> None:
        """The form of this session is kept elsewhere, or over."""
        fields = [
            f"{phone[:-_SUFFIX]}{_ASIDE}{session}",
            *([phone[:-_SUFFIX]] if await self.of(phone) == session else []),
        ]
        await self._done(("HDEL", _key(phone), *fields))

    async def _done(self, command: Command) -> None:
        try:
            await self._wire.call(command)
        except RedisError:
            log.warning("session memory is away: open forms stay as they are noted")

    async def older_than(self, moment_ms: int) -> AsyncIterator[tuple[str, str]]:
        """(phone, session) of the forms that were opened before then, in ms since 1970; nothing while Redis is away."""
        try:
            for first in range(0, 10**_SUFFIX, _AT_ONCE):
                suffixes = [f"{number:0{_SUFFIX}}" for number in range(first, first + _AT_ONCE)]
                found = await self._wire.call(*(("HGETALL", f"forms:{suffix}") for suffix in suffixes))
                for suffix, fields in zip(suffixes, found, strict=True):
                    for each in _older(suffix, fields, moment_ms):
                        yield each
        except RedisError:
            log.warning("session memory is away: open forms cannot be looked through")


def _older(suffix: str, fields: Any, moment_ms: int) -> Iterator[tuple[str, str]]:
    pairs = fields.items() if isinstance(fields, dict) else zip(fields[::2], fields[1::2], strict=True)  # RESP 3, or 2
    for front, value in pairs:
        opened, _, session = value.decode().partition(":")
        if _ms(opened) < moment_ms:
            yield front.decode().partition(_ASIDE)[0] + suffix, session


def _ms(noted: str) -> int:
    """A release before noted whole seconds: of calls in one second nobody could tell which was the last."""
    return int(noted) if len(noted) > len("1700000000") else 1000 * int(noted)


def _key(phone: str) -> str:
    return f"forms:{phone[-_SUFFIX:]}"
