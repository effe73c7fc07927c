"""The memory of live USSD sessions in Redis: where each stands, and what led there.

Decides: what is kept, for how long, that of two rival hops one wins, and that what Redis missed is written later. Must
not know: screens, SQL, how a record is packed (gateway/records.py). Losing Redis loses nothing that matters: a session
is rebuilt from its transcript. Everything here runs on one event loop.

No lock is kept in Redis: a record is written only over the one it was made from (docs/adr/0013).
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from typing import cast

from redis import RedisError

from gateway.open_forms import Note
from gateway.records import Record, is_earlier, key, pack, unpack
from gateway.redis_pipe import Command, RedisPipe
from gateway.turns import Turn, Turns

log = logging.getLogger(__name__)

TTL_S = 900
"""A session lives 180 s at the provider (contract §1.4); the rest is for late duplicates."""
HELD_S = 24 * 3600
"""A form that the store could not take lives as long as a draft (store/drafts.py)."""
RECENT = 4096
"""Sessions whose record a process keeps at hand, about 2 kB each."""
CATCH_UP_S = 1.0
"""How often it is tried to write what Redis missed."""

LOST = 1
"""What the script says where Redis had the session and has it no more."""
_WRITE = """
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return not now and ARGV[1] ~= '' and 1"""
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
        self._turns: Turns = {}
        self._owed: dict[str, Note | None] = {}
        self._catching_up: asyncio.Task[None] | None = None

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

    async def latest(self, session: str) -> Record | None:
        """The record, or what this process remembers where Redis lost it, or missed the last inputs."""
        stored, recent = await self.load(session), self.recent(session)
        if recent is not None and (stored is None or is_earlier(stored, recent)):
            return recent
        return stored

    async def aged(self, session: str) -> tuple[Record | None, float]:
        """The record, or the later one that this process owes Redis, and the seconds since it was written.

        RedisError: nobody knows whether there is one.
        """
        stored, left_ms = await self._wire.call(("GET", key(session)), ("PTTL", key(session)))
        for reply in (stored, left_ms):
            if isinstance(reply, Exception):
                raise RedisError(str(reply))
        record, recent = unpack(stored) if stored is not None else None, self.recent(session)
        if record is None:
            self._recent.pop(session, None)
        elif session in self._owed and recent is not None and is_earlier(record, recent):
            record = recent
        else:
            self._remember(session, record)
        return record, TTL_S - left_ms / 1000

    async def save(self, session: str, record: Record, note: Note | None = None, *, is_noted: bool = False) -> None:
        """Keep the record for `TTL_S` from now. Overtaken when Redis has another than the one it was made from.

        `note`: of the form that it has open, unless it `is_noted`; then it is noted again only where Redis has lost the
        session.
        """
        packed = pack(record)
        is_noted = is_noted and session not in self._owed
        try:
            found = await self._written(session, record, packed, note, is_noted=is_noted)
        except RedisError:
            log.warning("session memory is away: save")
            self._owe(session, record, note)
            return
        self._owed.pop(session, None)
        rival = unpack(found) if found is not None and found != packed else None
        self._remember(session, rival or record.written(packed))
        if rival is not None:
            raise Overtaken(rival)

    async def hold(self, session: str) -> None:
        """Keep it for a day: the store could not take its form."""
        try:
            await self._wire.call(("EXPIRE", key(session), HELD_S))
        except RedisError:
            log.warning("session memory is away: hold")

    async def _written(
        self, session: str, record: Record, packed: bytes, note: Note | None, *, is_noted: bool
    ) -> bytes | None:
        """What Redis has instead. What it has of an earlier input is written over: it missed one."""
        name, beside = key(session), () if note is None or is_noted else (note.now(),)
        found = await self._write(name, record.stored, packed, beside)
        if found == LOST:
            if note is not None and is_noted:
                await self._wire.call(note.now())
            return None
        earlier = unpack(found) if isinstance(found, bytes) and found != packed else None
        if earlier is not None and is_earlier(earlier, record):
            found = await self._write(name, earlier.stored, packed, ())
        return found if isinstance(found, bytes) else None

    async def _write(self, name: bytes, before: bytes, after: bytes, beside: tuple[Command, ...]) -> bytes | int | None:
        words = (1, name, before, after, TTL_S)
        reply, *_ = await self._wire.call(("EVALSHA", _WRITE_SHA, *words), *beside)
        if isinstance(reply, Exception):  # a Redis that has not seen the script since it started
            (reply,) = await self._wire.call(("EVAL", _WRITE, *words))
        if isinstance(reply, Exception):
            raise RedisError(str(reply))
        return cast("bytes | int | None", reply)

    def _owe(self, session: str, record: Record, note: Note | None) -> None:
        """Remember the record as one that Redis has not got, and write it when Redis is back."""
        self._remember(session, record)
        self._owed[session] = note
        if len(self._owed) > RECENT:
            del self._owed[next(iter(self._owed))]
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """A call may be over before its next hop would write what Redis missed."""
        until = time.monotonic() + TTL_S
        while self._owed and time.monotonic() < until and not self._wire.is_closed:
            with suppress(RedisError):
                for session in list(self._owed):
                    await self._pay(session)
            await asyncio.sleep(CATCH_UP_S)
        self._owed.clear()
        self._catching_up = None

    async def _pay(self, session: str) -> None:
        async with self.turn(session):
            record = self._recent.get(session)
            if session in self._owed and record is not None:
                packed, note = pack(record), self._owed[session]
                found = await self._written(session, record, packed, None, is_noted=False)
                if note is not None:
                    await self._wire.call(*note.late())
                if found is None or found == packed:
                    self._remember(session, record.written(packed))
            self._owed.pop(session, None)

    def _remember(self, session: str, record: Record) -> None:
        self._recent[session] = record
        self._recent.move_to_end(session)
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def turn(self, session: str) -> Turn:
        """Wait for the session's other hops of this process to finish; goes on when the wait is too long.

        Hops of other processes are told apart by `save`, and the store's unique keys keep an act from happening twice.
        """
        return Turn(self._turns, session)
