"""Throw-away PostgreSQL and Valkey of one test run: started once, migrated once, a database for each xdist worker.

DATABASE_URL and REDIS_URL are ignored: they may be somebody's real store. TEST_DATABASE_URL (a superuser's) and
TEST_REDIS_URL name servers to use instead of the embedded ones; every database number of that Redis is emptied.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from gateway.postgres import start_postgres
from gateway.valkey import start_valkey

KEPT = {("public", "alembic_version"), ("gateway", "alembic_version")}
CONTENT = {("gateway", "service_state"), ("gateway", "service_move"), ("gateway", "workday")}
Migrate = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    """Addresses that workers need; `run` distinguishes runs that share a server."""

    postgres: str
    redis: str
    run: str

    def database(self, name: str) -> str:
        """The address of this run's database called `name`."""
        return urlunsplit(urlsplit(self.postgres)._replace(path=f"/{self._own(name)}"))

    def redis_number(self, number: int) -> str:
        """The address of one database number of Redis."""
        return urlunsplit(urlsplit(self.redis)._replace(path=f"/{number}"))

    def create(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of another of this run when `template` is given; returns its address."""
        source = sql.Identifier(self._own(template) if template else "template0")
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(self._own(name)), source))
        return self.database(name)

    def freeze(self, name: str) -> None:
        """Let nobody connect to a template any more: PostgreSQL copies only databases without connections."""
        self._administer(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(self._own(name))))
        self._administer(
            sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(self._own(name))
        )

    def drop_all(self) -> None:
        """Drop every database of this run."""
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [self._own("%")])
            for (name,) in found.fetchall():
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _own(self, name: str) -> str:
        return f"t{self.run}_{name}"

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def throw_away(migrate: Migrate) -> Iterator[Servers]:
    """Servers with a migrated database called "template", gone with all their data at the end of the block."""
    directory = Path(tempfile.mkdtemp(prefix="missan-tests-"))
    stops: list[Callable[[], None]] = []
    try:
        servers = Servers(_postgres(directory, stops), _redis(directory, stops), secrets.token_hex(4))
        stops.append(servers.drop_all)
        migrate(servers.create("template"))
        servers.freeze("template")
        yield servers
    finally:
        for stop in reversed(stops):
            stop()
        shutil.rmtree(directory)


def clean(database_url: str) -> None:
    """Delete every row that tests can have made, in order of no keys and without firing triggers."""
    with psycopg.connect(database_url, options="-c session_replication_role=replica -c lock_timeout=5s") as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'gateway')"
        ).fetchall()
        for table in set(tables) - KEPT - CONTENT:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))


def _postgres(directory: Path, stops: list[Callable[[], None]]) -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    server = start_postgres(directory, durable=False)
    stops.append(server.stop)
    return server.url


def _redis(directory: Path, stops: list[Callable[[], None]]) -> str:
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        return given
    server = start_valkey(directory, durable=False)
    stops.append(server.stop)
    return server.url
