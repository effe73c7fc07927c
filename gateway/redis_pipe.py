"""Commands to Redis on a hop's path: those of all hops that wait go out together, on one connection.

Decides: reconnecting, and for how long a Redis that hangs is left alone. Must not know: what the commands mean.
Connecting (address, TLS, password, database number) stays redis-py's; its layers above a socket cost most of a hop's
processor time (docs/adr/0016), so commands take this way instead. Everything here runs on one event loop.
"""

import asyncio
import contextlib
import time
from collections import deque
from typing import Any

import hiredis
from redis import RedisError
from redis import asyncio as redis_asyncio

Word = str | bytes | int
Command = tuple[Word, ...]
Reply = Any
"""What Redis answered; an error reply is a `hiredis.ReplyError` in its place."""

LEAVE_ALONE_S = 1.0
"""After a time-out, so that a Redis that hangs costs one hop a second its time, and not every hop."""


class RedisAway(RedisError):  # noqa: N818
    """Redis cannot be reached, or did not answer in time."""


class RedisPipe:
    """The hops' client of the Redis at `url`; a forked process makes its own. Connects at the first command."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url, self._timeout_s = url, timeout_s
        self._line: _Line | None = None
        self._opening: asyncio.Task[_Line] | None = None
        self._quiet_until = 0.0
        self.is_closed = False

    async def call(self, *commands: Command) -> list[Reply]:
        """One reply a command, in order. RedisAway; the commands may have been done all the same."""
        if self._quiet_until > time.monotonic():
            raise RedisAway("left alone for a moment")
        line = self._line
        if line is not None and not line.broken:
            try:
                return await line.talk(commands)
            except RedisAway:  # a restart of Redis breaks the connection: once more, on another
                self._note(line)
                if self._quiet_until > time.monotonic():
                    raise
        line = await self._opened()
        try:
            return await line.talk(commands)
        except RedisAway:
            self._note(line)
            raise

    def _note(self, line: "_Line") -> None:
        if line.hung:
            self._quiet_until = time.monotonic() + LEAVE_ALONE_S

    async def close(self) -> None:
        """Close the connection; the next command opens another."""
        self.is_closed = True
        if self._line:
            self._line.close()

    async def _opened(self) -> "_Line":
        """The line, opened once for all who wait."""
        if self._line is not None and not self._line.broken:
            return self._line
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> "_Line":
        self.is_closed = False
        try:
            self._line = await _connected(self._url, self._timeout_s)
        except (RedisError, OSError, asyncio.IncompleteReadError) as error:
            if isinstance(error, TimeoutError) or isinstance(error.__cause__ or error.__context__, TimeoutError):
                self._quiet_until = time.monotonic() + LEAVE_ALONE_S
            raise RedisAway(type(error).__name__) from error
        finally:
            self._opening = None
        return self._line


async def _connected(url: str, timeout_s: float) -> "_Line":
    """A connection that redis-py opened and greeted, its bytes handed to a line from then on."""
    pool = redis_asyncio.ConnectionPool.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
    connection: Any = pool.make_connection()  # type: ignore[no-untyped-call]
    await connection.connect()
    writer, connection._reader, connection._writer = connection._writer, None, None  # it closes no more than it has
    line = _Line(writer, timeout_s)
    writer.transport.set_protocol(line)
    return line


class _Line(asyncio.Protocol):
    """One connection; replies come in the order of the commands.

    What comes while a write is unanswered is the next write: a busy process pays for one a round trip, however many
    hops wait, and an idle one waits for nothing.
    """

    def __init__(self, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._writer, self._timeout_s = writer, timeout_s  # the writer would close its transport when it is forgotten
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._unsent: list[bytes] = []
        self._waiting: deque[tuple[asyncio.Future[list[Reply]], int, float]] = deque()
        self._replies: list[Reply] = []
        self._unanswered = 0
        self._watch: asyncio.TimerHandle | None = None
        self.broken = self.hung = False

    def talk(self, commands: tuple[Command, ...]) -> "asyncio.Future[list[Reply]]":
        """The replies to these commands."""
        future: asyncio.Future[list[Reply]] = self._loop.create_future()
        if not self._unsent and not self._unanswered:
            self._loop.call_soon(self._send)
        self._unsent += [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type]
        self._waiting.append((future, len(commands), self._loop.time()))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout_s, self._look)
        return future

    def _send(self) -> None:
        if not self.broken:
            self._writer.transport.write(b"".join(self._unsent))
        self._unanswered = len(self._waiting)
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        """Replies, or parts of them."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                if not isinstance(reply, hiredis.PushNotification):  # news of the server's, no reply
                    self._replies.append(reply)
                    self._settle()
        except (hiredis.HiredisError, LookupError):  # no reply at all, or one to nobody
            self.close()

    def _settle(self) -> None:
        future, number, _ = self._waiting[0]
        if len(self._replies) < number:
            return
        self._waiting.popleft()
        self._unanswered -= 1
        replies, self._replies = self._replies, []
        if not future.done():
            future.set_result(replies)
        if not self._unanswered and self._unsent:
            self._loop.call_soon(self._send)

    def _look(self, again: bool = False) -> None:
        """Whether the oldest question is overdue; twice, because a process that was held up finds its answers late."""
        self._watch = None
        if not self._waiting:
            return
        overdue = self._waiting[0][2] + self._timeout_s - self._loop.time()
        if overdue <= 0 and again:
            self.hung = True
            self.close()
            return
        self._watch = self._loop.call_later(max(overdue, 0.02), self._look, overdue <= 0)

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody will answer any more."""
        self.close()

    def close(self) -> None:
        """Close it; whoever waits is told that Redis is away."""
        self.broken = True
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._writer.transport.abort()
        while self._waiting:
            future, *_ = self._waiting.popleft()
            if not future.done():
                future.set_exception(RedisAway("the connection is lost"))
