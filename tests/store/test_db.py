"""Connections: transactions end as they should, notices are heard, and a store that is away is said to be."""

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from store.db import Database, Overtaken, StoreUnavailable, Transaction, address, asked


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_the_address_is_taken(scheme: str) -> None:
    assert str(address(f"{scheme}://u@h:1/d")) == "postgresql+psycopg://u@h:1/d"


@pytest.mark.parametrize("url", ["mysql://h/d", "store.db", "postgresql:/h"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the store is PostgreSQL"):
        Database(url)


def test_a_transaction_is_kept_whole_or_not_at_all(db: Database, owner: psycopg.Connection) -> None:
    insert = sa.text("INSERT INTO gateway.idempotency VALUES (:key, 'f', '{}', now())")
    with pytest.raises(sa.exc.IntegrityError), db.transaction() as tx:
        tx.execute(insert, [{"key": "lost"}, {"key": "lost"}])
    with db.transaction() as tx:
        tx.execute(insert, {"key": "kept"})
    assert owner.execute("SELECT key FROM gateway.idempotency").fetchall() == [("kept",)]


def test_times_are_utc_and_the_connection_has_a_name(database_url: str) -> None:
    database = Database(database_url, application_name="relay")
    with database.transaction() as tx:
        now, name, isolation = tx.execute(
            sa.text("SELECT now(), current_setting('application_name'), current_setting('transaction_isolation')")
        ).one()
    database.close()
    assert (str(now.tzinfo), name, isolation) == ("UTC", "relay", "read committed")


def test_a_store_that_is_away_is_said_to_be(unused_port: int) -> None:
    database, start = Database(f"postgresql://127.0.0.1:{unused_port}/x"), time.monotonic()
    for ask in (database.ping, lambda: list(database.listen(["x"], 0.1))):
        with pytest.raises(StoreUnavailable):
            ask()
    assert time.monotonic() - start < 3


def test_a_store_that_does_not_answer_is_given_up(database_url: str) -> None:
    database = Database(database_url, statement_timeout_ms=100)
    with pytest.raises(StoreUnavailable), database.transaction() as tx:
        tx.execute(sa.text("SELECT pg_sleep(5)"))
    database.close()


def test_connections_that_broke_are_replaced(db: Database, owner: psycopg.Connection) -> None:
    with db.transaction() as tx:
        pid = tx.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    list(db.listen(["chatter"], 0))
    owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND datname = current_database() AND (pid = %s OR query LIKE 'LISTEN%%')",
        [pid],
    )
    time.sleep(0.1)
    db.ping()
    with pytest.raises(StoreUnavailable):
        list(db.listen(["chatter"], 0.5))
    assert list(db.listen(["chatter"], 0.1)) == []


def test_the_cursor_of_a_connection_that_broke_is_replaced_with_it(db: Database, owner: psycopg.Connection) -> None:
    pids: list[int] = []
    for _ in range(3):
        ((pid,),) = asyncio.run(db.on_loop(lambda tx: asked(tx, "SELECT pg_backend_pid() WHERE %s", [True])))
        pids.append(pid)
        if len(pids) == 2:
            owner.execute("SELECT pg_terminate_backend(%s)", pids[-1:])
            time.sleep(0.1)
    assert pids[0] == pids[1] != pids[2]


def test_notices_are_heard_also_those_between_two_calls(db: Database, owner: psycopg.Connection) -> None:
    channels = ["chatter_a", "chatter_b"]
    assert list(db.listen(channels, 0)) == []
    with owner.transaction():
        owner.execute("NOTIFY chatter_b")
        owner.execute("NOTIFY chatter_a, '1'")
        owner.execute("NOTIFY chatter_a, '2'")
    assert list(db.listen(channels, 5)) == channels
    threading.Timer(0.1, lambda: owner.execute("NOTIFY chatter_a")).start()
    start = time.monotonic()
    assert list(db.listen(channels, 5)) == ["chatter_a"]
    assert time.monotonic() - start < 2


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_what_a_deadlock_ended_is_done_again(db: Database, owner: psycopg.Connection) -> None:
    owner.execute("INSERT INTO gateway.idempotency SELECT k, '', '{}', now() FROM unnest(ARRAY['a', 'b']) k")
    gate, tries = threading.Barrier(2), []
    touch = sa.text("UPDATE gateway.idempotency SET fingerprint = fingerprint || 'x' WHERE key = :key")

    def work(tx: Transaction, *keys: str) -> None:
        tries.append(keys)
        tx.execute(touch, {"key": keys[0]})
        if len(tries) <= 2:
            gate.wait(5)
        tx.execute(touch, {"key": keys[1]})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda keys: db.repeated(lambda tx: work(tx, *keys)), [("a", "b"), ("b", "a")]))
    assert len(tries) == 3
    assert owner.execute("SELECT fingerprint FROM gateway.idempotency").fetchall() == [("xx",), ("xx",)]


def test_a_transaction_that_is_overtaken_again_and_again_is_given_up(db: Database) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(sa.text("DO $$ BEGIN RAISE 'x' USING ERRCODE = 'serialization_failure'; END $$"))

    with pytest.raises(Overtaken):
        db.repeated(work)
