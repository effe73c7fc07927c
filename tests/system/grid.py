"""Servers of a test that it may kill, stop and hang: they come back at the same addresses.

PostgreSQL comes back with what was committed, a Valkey that ended with nothing.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.embedded import Server
from gateway.postgres import start_postgres
from gateway.valkey import start_valkey
from store.migrate import upgrade


class Grid:
    """One PostgreSQL, migrated, and one Valkey without snapshots, in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._postgres, self._redis = self._start_postgres(), self._start_redis()
        self._hung: list[int] = []
        self.postgres_is_up = self.redis_is_up = True
        upgrade(self.database_url)

    @property
    def database_url(self) -> str:
        """The same through every life of the server."""
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        """The same through every life of the server."""
        return self._redis.url

    @property
    def postgres_hangs(self) -> bool:
        """Whether it is there, and answers nothing."""
        return bool(self._hung)

    @property
    def redis_hangs(self) -> bool:
        """The same."""
        return not self.redis_is_up and self._redis.process.poll() is None

    def kill_postgres(self) -> None:
        """SIGKILL in the midst of whatever it does; it stays away."""
        _kill(self._postgres)
        self.postgres_is_up = False

    def hang_postgres(self) -> None:
        """It takes connections and answers nothing."""
        self._hung = [self._postgres.process.pid, *_children(self._postgres.process.pid)]
        _signal(self._hung, signal.SIGSTOP)
        self.postgres_is_up = False

    def return_postgres(self) -> None:
        """It goes on, or starts again."""
        if self.postgres_is_up:
            return
        if self._hung:
            _signal(self._hung, signal.SIGCONT)
        else:
            self._postgres = self._start_postgres()
        self._hung, self.postgres_is_up = [], True

    def kill_redis(self) -> None:
        """The same; nothing of it is left."""
        _kill(self._redis)
        self.redis_is_up = False

    def hang_redis(self) -> None:
        """It answers nothing, and keeps what it has."""
        self._redis.process.send_signal(signal.SIGSTOP)
        self.redis_is_up = False

    def return_redis(self) -> None:
        """It goes on, or starts again with nothing."""
        if self.redis_is_up:
            return
        if self.redis_hangs:
            self._redis.process.send_signal(signal.SIGCONT)
        else:
            self._redis = self._start_redis()
        self.redis_is_up = True

    def stop(self) -> None:
        """End both in order."""
        self.return_redis()
        self.return_postgres()
        self._redis.stop()
        self._postgres.stop()

    def _start_postgres(self) -> Server:
        return start_postgres(self._directory, durable=True)

    def _start_redis(self) -> Server:
        return start_valkey(self._directory, durable=False)


@contextmanager
def grid(directory: Path) -> Iterator[Grid]:
    """Both servers for the length of the block."""
    servers = Grid(directory)
    try:
        yield servers
    finally:
        servers.stop()


def _kill(server: Server) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
