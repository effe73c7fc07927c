"""Commands to Redis on a hop's path: packed, written and read on a pooled socket, one trip for as many as are given.

Decides: pooling, one quiet reconnect, and for how long a Redis that hangs is left alone. Must not know: what the
commands mean. Connecting (address, TLS, password, database number) stays redis-py's; its layers above a socket cost
most of a hop's processor time (docs/adr/0013), so a command takes this way instead.
"""

import time
from collections import deque
from typing import Any

import hiredis
from redis import Redis, RedisError
from redis.connection import AbstractConnection

Word = str | bytes | int
Command = tuple[Word, ...]
Reply = Any
"""What Redis answered; an error reply is a `hiredis.ReplyError` in its place."""

LEAVE_ALONE_S = 1.0
"""After a time-out, so that a Redis that hangs costs one hop a second its time, and not every hop."""
MAX_IDLE = 16


class RedisAway(RedisError):  # noqa: N818
    """Redis cannot be reached, or did not answer in time."""


class RedisWire:
    """A thin client beside `redis`, with connections of its own. Threads share one; a forked process makes its own."""

    def __init__(self, redis: Redis) -> None:
        self._pool = redis.connection_pool
        self._idle: deque[_Line] = deque()
        self._quiet_until = 0.0

    def call(self, *commands: Command) -> list[Reply]:
        """One reply a command, in order. RedisAway; the commands may have been done all the same."""
        if self._quiet_until > time.monotonic():
            raise RedisAway("left alone for a moment")
        try:
            line = self._idle.pop()
        except IndexError:
            return self._talk(self._connect(), commands)
        try:
            return self._talk(line, commands)
        except RedisAway:
            self.close()  # a restart of Redis breaks every connection at once
            if self._quiet_until > time.monotonic():
                raise
        return self._talk(self._connect(), commands)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _connect(self) -> "_Line":
        try:
            return _Line(self._pool.connection_class(**self._pool.connection_kwargs))
        except (RedisError, OSError) as error:
            self._note(error)
            raise RedisAway(type(error).__name__) from error

    def _talk(self, line: "_Line", commands: tuple[Command, ...]) -> list[Reply]:
        try:
            replies = line.talk(commands)
        except (OSError, hiredis.HiredisError) as error:
            line.close()
            self._note(error)
            raise RedisAway(type(error).__name__) from error
        if len(self._idle) < MAX_IDLE:
            self._idle.append(line)
        else:
            line.close()
        return replies

    def _note(self, error: Exception) -> None:
        if isinstance(error, TimeoutError) or isinstance(error.__cause__ or error.__context__, TimeoutError):
            self._quiet_until = time.monotonic() + LEAVE_ALONE_S


class _Line:
    """One connection that redis-py opened and greeted, spoken to directly from then on."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        connection.connect()  # type: ignore[no-untyped-call]
        self._socket: Any = connection._sock
        self._reader = hiredis.Reader()

    def talk(self, commands: tuple[Command, ...]) -> list[Reply]:
        packed = [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type]
        self._socket.sendall(b"".join(packed))
        replies: list[Reply] = []
        while len(replies) < len(commands):
            reply = self._reader.gets()
            if reply is False:
                self._feed()
            else:
                replies.append(reply)
        return replies

    def _feed(self) -> None:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionResetError("closed by Redis")
        self._reader.feed(received)

    def close(self) -> None:
        self._connection.disconnect()  # type: ignore[no-untyped-call]
