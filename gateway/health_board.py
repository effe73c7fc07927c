"""What all workers know of the providers, on one board in Redis: the first that finds one silent tells the others.

Whoever saw a provider last is believed. Decides: the board's form and how long it counts. It must not know what makes
a provider well (gateway/provider_health.py). Without Redis each worker goes by what it sees itself, as without a board.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError
from redis import Redis, RedisError

from gateway.provider_health import Health, Standing

KEY = "sms:providers"
TTL_S = 600
"""What nobody has said anything new about for so long is forgotten: a provider then counts as well."""
QUIET_S = 10.0
"""After Redis did not answer, so long nobody asks: it is a hint, and asking may take half a second."""


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True)
    at: datetime
    share: float
    reason: str
    closed_until: datetime | None


class Board:
    """The board that all processes with this Redis share."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis, self._clock = redis, clock
        self._quiet_until = 0.0

    def agree(self, healths: Mapping[str, Health]) -> None:
        """Take over what others saw later, and tell what was seen here later than there. Raises nothing."""
        if self._clock() < self._quiet_until:
            return
        try:
            said = self.read()
            news = {name: own for name, health in healths.items() if (own := _agreed(health, said.get(name)))}
            if news:
                self._write(news)
        except RedisError:
            self._quiet_until = self._clock() + QUIET_S

    def read(self) -> dict[str, Standing]:
        """What is on the board, by provider. RedisError."""
        found = self._redis.hgetall(KEY)
        return {_text(name): note for name, raw in found.items() if (note := _parsed(raw))}

    def _write(self, news: Mapping[str, Standing]) -> None:
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(KEY, mapping={name: _note(each).model_dump_json() for name, each in news.items()})
            pipe.expire(KEY, TTL_S)
            pipe.execute()


def _agreed(health: Health, said: Standing | None) -> Standing | None:
    """Ours, when the board must be told of it."""
    own = health.standing()
    if said is not None and (own is None or own.at < said.at):
        health.adopt(said)
        return None
    if own is None or (said is not None and own.same_as(said)):
        return None
    return own


def _note(standing: Standing) -> _Note:
    return _Note(at=standing.at, share=standing.share, reason=standing.reason, closed_until=standing.closed_until)


def _parsed(raw: bytes | str) -> Standing | None:
    try:
        note = _Note.model_validate_json(raw)
    except ValidationError:
        return None
    return Standing(note.at, note.share, note.reason, note.closed_until)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
