"""Servers of a test that it may kill: they come back at the same addresses, PostgreSQL with what was committed."""

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
        upgrade(self.database_url)

    @property
    def database_url(self) -> str:
        """The same through every life of the server."""
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        """The same through every life of the server."""
        return self._redis.url

    def kill_postgres(self) -> None:
        """SIGKILL in the midst of whatever it does, and a new start."""
        _kill(self._postgres)
        self._postgres = self._start_postgres()

    def kill_redis(self) -> None:
        """The same; nothing of it is left."""
        _kill(self._redis)
        self._redis = self._start_redis()

    def stop(self) -> None:
        """End both in order."""
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
