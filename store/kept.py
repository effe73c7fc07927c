"""Connections that are used again: whether one is still alive, and the few kept for single statements.

Decides: when the server is asked whether it is there, and how many connections stay out of the pool. Knows no table.
"""

import select
import time
from collections import deque
from typing import Any

import psycopg
import sqlalchemy as sa

TRUSTED_S = 5.0
"""A connection used so lately is alive, unless the system already knows that the server has closed it."""
KEPT = 2
"""Connections for single statements that are not given back to the pool."""


def watch(engine: sa.Engine) -> None:
    """Have the pool hand out living connections only."""
    sa.event.listen(engine, "checkout", _must_be_alive)
    sa.event.listen(engine, "checkin", _note_use)


def _must_be_alive(connection: psycopg.Connection, record: Any, proxy: Any) -> None:
    """Before each use, instead of a question to the server: its word that it closes, or a restart, is there to read."""
    used: float | None = record.info.get("used")
    if used is None:
        return
    try:
        word = select.poll()
        word.register(connection.fileno(), select.POLLIN)
        if time.monotonic() - used > TRUSTED_S or word.poll(0):
            connection.execute("SELECT 1")
            connection.rollback()
    except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
        raise sa.exc.DisconnectionError from error  # the pool opens another


def _note_use(connection: psycopg.Connection | None, record: Any) -> None:
    record.info["used"] = time.monotonic()


class Singles:
    """Connections of `engine` for single statements: taking one from the pool costs as much as a small statement.

    Threads share one.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._kept: deque[sa.Connection] = deque()

    def open(self) -> sa.Connection:
        """A new one, or one of the pool's; give it back by `keep`, or close it."""
        return self._engine.connect()

    def take(self) -> sa.Connection | None:
        """One that was kept and is alive, if there is any."""
        while True:
            try:
                tx = self._kept.popleft()
            except IndexError:  # none, or another thread was first
                return None
            try:
                _must_be_alive(tx.connection.driver_connection, tx.connection, None)  # type: ignore[arg-type]
            except sa.exc.DisconnectionError:
                tx.invalidate()
                tx.close()
            else:
                return tx

    def keep(self, tx: sa.Connection) -> None:
        """For the next one, or back to the pool."""
        if tx.in_transaction():
            tx.rollback()  # SQLAlchemy's notion: every statement was committed by itself
        if len(self._kept) >= KEPT:
            tx.close()
            return
        _note_use(None, tx.connection)
        self._kept.append(tx)

    def close(self) -> None:
        """Give back all that are kept."""
        while self._kept:
            self._kept.popleft().close()
