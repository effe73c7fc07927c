"""The memory of live USSD sessions in Redis: where each stands, and what led there.

Decides: what is kept, for how long, and that of two rival hops one wins. Must not know: screens, SQL, how a record is
packed (gateway/records.py). Losing Redis loses nothing that matters: a session is rebuilt from its transcript.
Everything here runs on one event loop.

No lock is kept in Redis: a record is written only over the one it was made from (docs/adr/0013).
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict, deque
from typing import cast

from redis import RedisError

from gateway.records import Record, key, pack, unpack
from gateway.redis_pipe import Command, RedisPipe

log = logging.getLogger(__name__)

TTL_S = 900
"""A session lives 180 s at the provider (contract §1.4); the rest is for late duplicates."""
WAIT_S = 4.0
"""For the session's other hop in this process."""
RECENT = 4096
"""Sessions whose record a process keeps at hand, about 2 kB each."""

_WRITE = """
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return false"""
_WRITE_SHA = hashlib.sha1(_WRITE.encode(), usedforsecurity=False).hexdigest()


class Overtaken(Exception):  # noqa: N818
    """Another hop moved the session first; `record` is where it stands now."""

    def __init__(self, record: Record) -> None:
        self.record = record


class Sessions:
    """Records by session id. Every method survives Redis being away: it then remembers only what is at hand."""

    def __init__(self, wire: RedisPipe) -> None:
        self._wire = wire
        self._recent: OrderedDict[str, Record] = OrderedDict()
        self._turns: dict[str, deque[asyncio.Future[None]]] = {}

    def recent(self, session: str) -> Record | None:
        """The record as this process saw it last; another one may have moved the session since."""
        return self._recent.get(session)

    async def load(self, session: str) -> Record | None:
        """The record, or None when there is none (any more)."""
        try:
            (stored,) = await self._wire.call(("GET", key(session)))
        except RedisError:
            log.warning("session memory is away: load")
            return None
        return unpack(stored) if isinstance(stored, bytes) else None

    async def save(self, session: str, record: Record, *beside: Command) -> None:
        """Keep the record for `TTL_S` from now. Overtaken when Redis has another than the one it was made from.

        `beside`: what else is done in Redis in the same trip, in any case.
        """
        packed = pack(record)
        try:
            rival = await self._write(key(session), record.stored, packed, beside)
        except RedisError:
            log.warning("session memory is away: save")
            rival = None
        found = unpack(rival) if rival is not None and rival != packed else None
        self._remember(session, found or record.written(packed))
        if found is not None:
            raise Overtaken(found)

    async def _write(self, name: bytes, before: bytes, after: bytes, beside: tuple[Command, ...]) -> bytes | None:
        words = (1, name, before, after, TTL_S)
        reply, *_ = await self._wire.call(("EVALSHA", _WRITE_SHA, *words), *beside)
        if isinstance(reply, Exception):  # a Redis that has not seen the script since it started
            (reply,) = await self._wire.call(("EVAL", _WRITE, *words))
        if isinstance(reply, Exception):
            raise RedisError(str(reply))
        return cast("bytes | None", reply)

    def _remember(self, session: str, record: Record) -> None:
        self._recent[session] = record
        self._recent.move_to_end(session)
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def turn(self, session: str) -> "_Turn":
        """Wait for the session's other hops of this process to finish; goes on when the wait is too long.

        Hops of other processes are told apart by `save`, and the store's unique keys keep an act from happening twice.
        """
        return _Turn(self._turns, session)


class _Turn:
    """One hop's turn at its session: `async with`."""

    __slots__ = ("_held", "_session", "_turns")

    def __init__(self, turns: dict[str, deque[asyncio.Future[None]]], session: str) -> None:
        self._turns, self._session, self._held = turns, session, True

    async def __aenter__(self) -> None:
        waiting = self._turns.get(self._session)
        if waiting is None:
            self._turns[self._session] = deque()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        await asyncio.wait((turn,), timeout=WAIT_S)
        self._held = not turn.cancel()

    async def __aexit__(self, *raised: object) -> None:
        waiting = self._turns[self._session] if self._held else None
        if waiting is None:
            return
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._turns[self._session]
