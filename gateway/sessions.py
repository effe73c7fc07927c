"""The memory of live USSD sessions in Redis: where each stands, and what it was answered.

Decides: what is kept, for how long, and that one hop of a session runs at a time. Must not know: screens, SQL.
Losing Redis loses nothing that matters: a session is rebuilt from its transcript.
"""

import json
import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from redis import Redis, RedisError

log = logging.getLogger(__name__)

TTL_S = 900
"""A session lives 180 s at the provider (contract §1.4); the rest is for late duplicates."""
LOCK_MS = 10_000
LOCK_WAIT_S = 4.0
LOCK_PAUSE_S = 0.01

_UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


@dataclass(frozen=True, slots=True)
class Record:
    """One session. `answered`: transcript -> the body it got; `transcript`: the last one that moved the session."""

    phone: str
    digest: str
    transcript: str
    state: dict[str, Any]
    turns: int
    ended: bool
    answered: dict[str, str] = field(default_factory=dict)


class Sessions:
    """Records by session id. Every method survives Redis being away: it then remembers nothing."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def load(self, session: str) -> Record | None:
        """The record, or None when there is none (any more)."""
        try:
            stored = cast("bytes | None", self._redis.get(_key(session)))
            return Record(**json.loads(stored)) if stored else None
        except RedisError:
            log.warning("session memory is away: load")
        except (ValueError, TypeError):
            log.warning("session record of another release is dropped")
        return None

    def save(self, session: str, record: Record) -> None:
        """Keep the record for `TTL_S` from now."""
        try:
            self._redis.set(_key(session), json.dumps(asdict(record), ensure_ascii=False), ex=TTL_S)
        except RedisError:
            log.warning("session memory is away: save")

    @contextmanager
    def turn(self, session: str) -> Iterator[None]:
        """Wait for the session's other hops to finish; goes on unlocked when Redis is away or the wait is too long.

        The store's unique keys, not this lock, are what keeps an act from happening twice.
        """
        token = secrets.token_hex(8)
        held = self._lock(session, token)
        try:
            yield
        finally:
            if held:
                with suppress(RedisError):
                    self._redis.eval(_UNLOCK, 1, f"{_key(session)}:lock", token)

    def _lock(self, session: str, token: str) -> bool:
        deadline = time.monotonic() + LOCK_WAIT_S
        try:
            while not self._redis.set(f"{_key(session)}:lock", token, nx=True, px=LOCK_MS):
                if time.monotonic() > deadline:
                    log.warning("a session's other hop takes too long")
                    return False
                time.sleep(LOCK_PAUSE_S)
        except RedisError:
            log.warning("session memory is away: lock")
            return False
        return True


def _key(session: str) -> str:
    return f"ussd:{session}"
