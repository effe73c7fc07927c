"""Brings a database to the newest schema, and takes it back. Knows alembic; no other module does."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.db import address

log = logging.getLogger(__name__)

LOCK = 4_964_064
"""Advisory lock of the migrations: the second of two that start at once waits, and then finds nothing to do."""
TRIES = 4
PAUSE_S = 1.0
"""Between two tries for a table: whoever queued behind the first one goes on."""


class Blocked(Exception):  # noqa: N818
    """Somebody holds a table that a migration needs. Nothing of that migration was done."""


@contextmanager
def _alembic(url: str) -> Iterator[Config]:
    engine = sa.create_engine(address(url), poolclass=sa.NullPool, connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        # After the lock, because its wait would count. While a migration waits for a table, writers wait behind it.
        connection.execute(sa.text("SET lock_timeout = '1s'"))
        connection.execute(sa.text("SET statement_timeout = '60s'"))
        connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS gateway"))
        connection.commit()
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        yield config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration that is missing. Safe to repeat, also from several processes at once. Blocked.

    A store that a later release has migrated is left as it is: this release's statements work there.
    """
    for made in range(1, TRIES + 1):
        try:
            with _alembic(url) as config:
                if _is_ahead(config):
                    log.warning("the store was migrated by a later release; it is left as it is")
                else:
                    command.upgrade(config, revision)
                return
        except sa.exc.OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
            if made == TRIES:
                raise Blocked("the store is held by a long transaction; start the migration again") from error
        time.sleep(PAUSE_S)


def _is_ahead(config: Config) -> bool:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    connection: sa.Connection = config.attributes["connection"]
    context = MigrationContext.configure(connection, opts={"version_table_schema": "gateway"})
    heads = context.get_current_heads()
    connection.commit()  # or the migrations would be part of this transaction
    return not known.issuperset(heads)


def downgrade(url: str, revision: str = "base") -> None:
    """Go back to `revision`. "base" deletes every application and message."""
    with _alembic(url) as config:
        command.downgrade(config, revision)
