"""Embedded servers for the length of a block; see test_embedded.py and test_embedded_users.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from gateway.embedded import Server
from gateway.postgres import start_postgres
from gateway.valkey import start_valkey


@contextmanager
def postgres(directory: Path, *, durable: bool = False) -> Iterator[Server]:
    server = start_postgres(directory, durable=durable)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def valkey(directory: Path, *, durable: bool = False) -> Iterator[Server]:
    server = start_valkey(directory, durable=durable)
    try:
        yield server
    finally:
        server.stop()


def query(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def closed_directory(parent: Path) -> Path:
    """A directory with a space in its path, below one that only its owner may pass."""
    closed = parent / "closed to others"
    closed.mkdir(mode=0o700)
    found = closed / "data dir"
    found.mkdir()
    return found
