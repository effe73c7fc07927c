"""Connections: a pool for transactions and one direct connection for LISTEN. Knows no table.

Whatever goes wrong between here and PostgreSQL reaches callers as `StoreUnavailable`, so that nobody outside store/
needs the driver's exceptions.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from store import kept, on_loop

Transaction = sa.Connection
"""What store functions take as `tx`. Callers only pass it on."""

CONNECT_TIMEOUT_S = 2
POOL_WAIT_S = 2
IDLE_IN_TRANSACTION_MS = 60_000
OVERTAKEN = {"40001", "40P01"}
"""SQLSTATE of a transaction that was ended for the sake of another: serialization failure, deadlock."""
TRIES = 5
PAUSE_S = 0.02
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A server that went without a word is given up after half a minute (libpq's parameters, in s and ms)."""

T = TypeVar("T")


class StoreUnavailable(Exception):  # noqa: N818
    """PostgreSQL could not be reached, or did not answer in time. Nothing was committed unless the commit was lost."""


class Overtaken(StoreUnavailable):
    """PostgreSQL ended this transaction so that another could go on. Nothing was committed: it may be repeated."""


def address(url: str) -> URL:
    """The store's URL for psycopg 3, from any of the spellings in use: postgres://, postgresql://, postgresql+…://."""
    scheme, colon, rest = url.partition("://")
    if not colon or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("the store is PostgreSQL: postgresql://user:password@host:port/database")
    return make_url(f"postgresql+psycopg://{rest}")


def _connected(dialect: Any, record: Any, positional: Sequence[Any], named: dict[str, Any]) -> psycopg.Connection:
    return on_loop.Connection.connect(*positional, **named)


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        overtaken = getattr(getattr(error, "orig", None), "sqlstate", None) in OVERTAKEN
        raise (Overtaken if overtaken else StoreUnavailable)(str(error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise (Overtaken if getattr(error, "sqlstate", None) in OVERTAKEN else StoreUnavailable)(str(error)) from error


def driver(tx: Transaction) -> psycopg.Connection:
    """The driver's own connection of `tx`: for the few statements of a hop, a third of the processor time."""
    return cast(psycopg.Connection, tx.connection.driver_connection)


def asked(tx: Transaction, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement of the driver's gives. One cursor serves a connection for good: a new one costs a third
    of a small statement."""
    info = tx.connection.info
    cursor: psycopg.Cursor[tuple[Any, ...]] | None = info.get("cursor")
    if cursor is None:
        cursor = info["cursor"] = driver(tx).cursor()
    return cursor.execute(statement.encode(), parameters).fetchall()


class Database:
    """The store at `url`. Threads share one; a forked process makes its own."""

    def __init__(
        self, url: str, *, application_name: str = "gateway", statement_timeout_ms: int = 5000, pool_size: int = 8
    ) -> None:
        self._url = address(url)
        self._listeners: dict[tuple[str, ...], psycopg.Connection] = {}
        self._settings = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": application_name, **_ALIVE}
        options = {
            "statement_timeout": statement_timeout_ms,
            "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
            "timezone": "UTC",
        }
        self._engine = sa.create_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=2,
            pool_timeout=POOL_WAIT_S,
            hide_parameters=True,  # an error's text may be logged; answers and phones may not
            connect_args={**self._settings, "options": " ".join(f"-c {key}={value}" for key, value in options.items())},
        )
        sa.event.listen(self._engine, "do_connect", _connected)
        kept.watch(self._engine)
        self._singles = kept.Singles(self._engine.execution_options(isolation_level="AUTOCOMMIT"))

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One READ COMMITTED transaction: committed on leaving, rolled back by an exception. StoreUnavailable."""
        with _as_unavailable(), self._engine.begin() as tx:
            yield tx

    def repeated(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, in one transaction; from the beginning again when another overtook it. StoreUnavailable.

        Five times at most, for work that does nothing outside of its transaction.
        """
        for made in range(1, TRIES):
            try:
                with self.transaction() as tx:
                    return work(tx)
            except Overtaken:
                time.sleep(PAUSE_S * made)
        with self.transaction() as tx:
            return work(tx)

    async def on_loop(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, the running loop waiting for its statements (store/on_loop.py). StoreUnavailable.

        Each statement is a transaction of its own, without the trips that begin and commit it. Done again as in
        `repeated`: of its statements one at most may write.
        """
        for made in range(1, TRIES):
            try:
                return await self._on_loop(work)
            except Overtaken:
                await asyncio.sleep(PAUSE_S * made)
        return await self._on_loop(work)

    async def _on_loop(self, work: Callable[[Transaction], T]) -> T:
        with _as_unavailable():
            found = await on_loop.run(self._singles.take)
            tx = await asyncio.to_thread(self._singles.open) if found is None else found
            try:
                result = await on_loop.run(lambda: work(tx))
            except Exception:
                tx.close()
                raise
            except BaseException:  # in the midst of a statement
                tx.invalidate()
                tx.close()
                raise
            self._singles.keep(tx)
            return result

    def ping(self) -> None:
        """Ask the store for one row. StoreUnavailable when it does not give it."""
        with self.transaction() as tx:
            tx.execute(sa.text("SELECT 1"))

    def listen(self, channels: Sequence[str], timeout: float) -> Iterator[str]:
        """Channels notified, each once; ends after a batch, or after `timeout` seconds without one. StoreUnavailable.

        The connection stays open between calls, so nothing said in between is missed; what was said before the first
        call is. One thread may listen to one set of channels.
        """
        key = tuple(channels)
        try:
            with _as_unavailable():
                connection = self._listeners.get(key) or self._open_listener(key)
                heard = {notice.channel for notice in connection.notifies(timeout=timeout, stop_after=1)}
        except StoreUnavailable:
            self._drop_listener(key)
            raise
        yield from sorted(heard)

    def _open_listener(self, channels: tuple[str, ...]) -> psycopg.Connection:
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(plain, autocommit=True, **self._settings)  # type: ignore[arg-type]
        for channel in channels:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._listeners[channels] = connection
        return connection

    def _drop_listener(self, channels: tuple[str, ...]) -> None:
        connection = self._listeners.pop(channels, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close every connection that is not in use."""
        for channels in list(self._listeners):
            self._drop_listener(channels)
        self._singles.close()
        self._engine.dispose()
