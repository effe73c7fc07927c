"""Brings a database to the newest schema, and takes it back. Knows alembic; no other module does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from store.db import address

LOCK = 4_964_064
"""Advisory lock of the migrations: the second of two that start at once waits, and then finds nothing to do."""


@contextmanager
def _alembic(url: str) -> Iterator[Config]:
    engine = sa.create_engine(address(url), poolclass=sa.NullPool, connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        # After the lock, because its wait would count. A migration that cannot get its table in 4 s must not make
        # every writer queue behind it.
        connection.execute(sa.text("SET lock_timeout = '4s'"))
        connection.execute(sa.text("SET statement_timeout = '60s'"))
        connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS gateway"))
        connection.commit()
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        yield config


def upgrade(url: str) -> None:
    """Apply every migration that is missing. Safe to repeat, also from several processes at once."""
    with _alembic(url) as config:
        command.upgrade(config, "head")


def downgrade(url: str, revision: str = "base") -> None:
    """Go back to `revision`. "base" deletes every application and message."""
    with _alembic(url) as config:
        command.downgrade(config, revision)
