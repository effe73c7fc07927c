"""Which worker of the web part takes a new connection: one that has no more of them than any other (docs/adr/0018).

All workers listen on one socket, and the kernel wakes whom it likes: of 64 connections one may get 44 and the other
20, and whoever is served by the fuller one waits longer. Decides: when a worker lets the others go first. Must not
know: what comes on a connection.
"""

import asyncio
import ctypes
import logging
import multiprocessing
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import uvloop

log = logging.getLogger(__name__)

YIELD_S = 0.01
"""For so long the others may take a connection; then it is ours, for they may be busy, or hang."""
BURST = 16
"""Connections taken in one turn of the loop."""
RETRY_S = 1.0
"""After the system had no file left for a connection."""
SETTLE_S = 0.05
"""So long after a worker wrote itself down it looks whether another did so in the same place."""


@dataclass(frozen=True)
class Table:
    """What workers tell each other, in memory that they share: by line a process id, 0 for nobody's, and how many
    connections that process has."""

    pids: "ctypes.Array[ctypes.c_int]"
    connections: "ctypes.Array[ctypes.c_int]"


def table(workers: int) -> Table:
    """For so many workers, and those that take their places; made by their parent."""
    context = multiprocessing.get_context("spawn")
    return Table(context.RawArray("i", 2 * workers), context.RawArray("i", 2 * workers))


class Share:
    """What this worker has, and what it knows of the others."""

    def __init__(self, table: Table) -> None:
        self._pids, self._connections = table.pids, table.connections
        self._line: int | None = None

    async def join(self) -> None:
        """From now on others count on this worker."""
        while (line := next((line for line, pid in enumerate(self._pids) if not _lives(pid)), None)) is not None:
            self._pids[line], self._connections[line] = os.getpid(), 0
            await asyncio.sleep(SETTLE_S)
            if self._pids[line] == os.getpid():  # nobody else took it at the same moment
                self._line = line
                return

    def leave(self) -> None:
        """This worker takes no more connections."""
        if self._line is not None:
            self._pids[self._line] = 0

    def change(self, number: int) -> None:
        """This worker has so many connections more, or fewer."""
        if self._line is not None:
            self._connections[self._line] += number

    def is_fuller(self) -> bool:
        """Whether another worker has fewer connections than this one."""
        if self._line is None:
            return False
        own = self._connections[self._line]
        return any(pid and has < own and _lives(pid) for pid, has in zip(self._pids, self._connections, strict=True))


def _lives(pid: int) -> bool:
    with suppress(OSError):
        if pid:
            os.kill(pid, 0)
            return True
    return False


class Loop(uvloop.Loop):
    """A worker's event loop: a server on it takes its share of the connections. Its protocols say which they lost."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.share = Share(table)

    async def create_server(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.Protocol], *, sock: socket.socket, backlog: int, ssl: None
    ) -> "Listener":
        """As the loop's own, for a socket that is bound and speaks no TLS."""
        sock.listen(backlog)
        sock.setblocking(False)
        await self.share.join()
        return Listener(self, sock, protocol_factory)


class Listener:
    """Takes the connections that come on `sock`, one by one, as long as no other worker has fewer."""

    def __init__(self, loop: Loop, sock: socket.socket, make: Callable[[], asyncio.Protocol]) -> None:
        self._loop, self._sock, self._make = loop, sock, make
        self._rest: asyncio.TimerHandle | None = None
        self._opening: set[asyncio.Task[Any]] = set()
        self._listen()

    def close(self) -> None:
        """Take no more."""
        self._pause(0, lambda: None)
        self._loop.share.leave()

    async def wait_closed(self) -> None:
        """It is closed at once."""

    def _listen(self) -> None:
        self._loop.add_reader(self._sock, self._ready)

    def _pause(self, seconds: float, then: Callable[[], None]) -> None:
        self._loop.remove_reader(self._sock)
        if self._rest:
            self._rest.cancel()
        self._rest = self._loop.call_later(seconds, then)

    def _ready(self) -> None:
        for _ in range(BURST):
            if self._loop.share.is_fuller():
                self._pause(YIELD_S, self._yielded)
                return
            if not self._take():
                return

    def _yielded(self) -> None:
        self._listen()
        self._take()

    def _take(self) -> bool:
        """Whether one could be taken."""
        try:
            taken, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            log.warning("no connection can be taken: %s", error)
            self._pause(RETRY_S, self._listen)
            return False
        taken.setblocking(False)
        self._loop.share.change(1)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._make, taken))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return True
