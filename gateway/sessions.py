"""The memory of live USSD sessions in Redis: where each stands, and what led there.

Decides: what is kept, for how long, in how many bytes, and that of two rival hops one wins. Must not know: screens,
SQL. Losing Redis loses nothing that matters: a session is rebuilt from its transcript.

No reply is kept: it is a function of the state, and an older state a function of the first one and the inputs since.
No lock is kept either: a record is written only over the one it was made from (docs/adr/0013).
"""

import hashlib
import json
import logging
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from redis import Redis, RedisError

from gateway.redis_wire import Command, RedisWire
from menus.state import State

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

# What records have in common; a record in Redis is read with the dictionary it was written with, so a change here
# forgets the sessions under way. zlib's best matches are near the end.
_COMMON = (
    b'{"at":"review","at":"end","action":"done","case":{"reference":"","page":1,"tries":1,"notice":"retry",'
    b'"request":"new","use":"home","district":"1603","subdistrict":"160301","place_same":"same","card":"none",'
    b'"consent":"yes","service":"permit","service":"school","service":"inputs","service":"produce",'
    b'"service":"grievance","menu":"farming","service":"water","answers":{},'
    b'{"at":"menu","language":"en","menu":"main"}'
    b'{"at":"form","language":"ar","menu":"main","known":{"today":"2026-01-01","known_consent":"yes",'
    b'"known_card":"yes","known_place":"yes","place":"1601"}}]["+96477'
)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Record:
    """One session: the state that `first` was shown, at transcript[:cuts[0]], and one input for each cut since.

    `results`: what the outside said to the effects since `first`, in order; null where it could not be asked.
    """

    phone: str
    digest: str
    transcript: str
    state: State
    turns: int
    ended: bool
    first: State
    cuts: tuple[int, ...]
    results: tuple[Any, ...] = ()
    stored: bytes = b""
    """This record as Redis has it; empty for one that is not written yet."""


class Overtaken(Exception):  # noqa: N818
    """Another hop moved the session first; `record` is where it stands now."""

    def __init__(self, record: Record) -> None:
        self.record = record


class Sessions:
    """Records by session id. Every method survives Redis being away: it then remembers only what is at hand."""

    def __init__(self, redis: Redis | RedisWire) -> None:
        self._wire = redis if isinstance(redis, RedisWire) else RedisWire(redis)
        self._recent: OrderedDict[str, Record] = OrderedDict()
        self._turns: dict[str, tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    def recent(self, session: str) -> Record | None:
        """The record as this process saw it last; another one may have moved the session since."""
        return self._recent.get(session)

    def load(self, session: str) -> Record | None:
        """The record, or None when there is none (any more)."""
        try:
            (stored,) = self._wire.call(("GET", _key(session)))
        except RedisError:
            log.warning("session memory is away: load")
            return None
        return _unpacked(stored) if isinstance(stored, bytes) else None

    def save(self, session: str, record: Record, *beside: Command) -> None:
        """Keep the record for `TTL_S` from now. Overtaken when Redis has another than the one it was made from.

        `beside`: what else is done in Redis in the same trip, in any case.
        """
        packed = _packed(record)
        try:
            rival = self._write(_key(session), record.stored, packed, beside)
        except RedisError:
            log.warning("session memory is away: save")
            rival = None
        found = _unpacked(rival) if rival is not None and rival != packed else None
        self._remember(session, found or replace(record, stored=packed))
        if found is not None:
            raise Overtaken(found)

    def _write(self, key: bytes, before: bytes, after: bytes, beside: tuple[Command, ...]) -> bytes | None:
        words = (1, key, before, after, TTL_S)
        reply, *_ = self._wire.call(("EVALSHA", _WRITE_SHA, *words), *beside)
        if isinstance(reply, Exception):  # a Redis that has not seen the script since it started
            (reply,) = self._wire.call(("EVAL", _WRITE, *words))
        if isinstance(reply, Exception):
            raise RedisError(str(reply))
        return cast("bytes | None", reply)

    def _remember(self, session: str, record: Record) -> None:
        with self._guard:
            self._recent[session] = record
            self._recent.move_to_end(session)
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)

    @contextmanager
    def turn(self, session: str) -> Iterator[None]:
        """Wait for the session's other hops of this process to finish; goes on when the wait is too long.

        Hops of other processes are told apart by `save`, and the store's unique keys keep an act from happening twice.
        """
        with self._guard:
            lock, waiting = self._turns.get(session) or (threading.Lock(), 0)
            self._turns[session] = (lock, waiting + 1)
        held = lock.acquire(timeout=WAIT_S)
        try:
            yield
        finally:
            if held:
                lock.release()
            with self._guard:
                lock, waiting = self._turns.pop(session)
                if waiting > 1:
                    self._turns[session] = (lock, waiting - 1)


def _key(session: str) -> bytes:
    """Twelve bytes: session ids are long, and keys are most of the memory."""
    return b"s:" + hashlib.blake2b(session.encode(), digest_size=10).digest()


def _packed(record: Record) -> bytes:
    first = None if record.first == record.state else record.first.dump()
    values = [record.phone, record.digest, record.transcript, record.turns, int(record.ended), record.cuts]
    text = _JSON.encode([*values, record.results, record.state.dump(), first])
    packing = zlib.compressobj(6, zlib.DEFLATED, -10, 3, zlib.Z_FIXED, _COMMON)
    return packing.compress(text.encode()) + packing.flush()


def _unpacked(stored: bytes) -> Record | None:
    try:
        text = zlib.decompressobj(-10, _COMMON).decompress(stored)
        phone, digest, transcript, turns, ended, cuts, results, now, before = json.loads(text)
        state = State.load(now)
        first = state if before is None else State.load(before)
        return Record(phone, digest, transcript, state, turns, bool(ended), first, tuple(cuts), tuple(results), stored)
    except (ValueError, TypeError, zlib.error):
        log.warning("session record of another release is dropped")
    return None
