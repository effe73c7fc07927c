"""The relay over real servers: each event one message, a wake-up for what is due, and servers that go and come back."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway import line
from gateway.relay import Announce, relay, relay_once
from gateway.setbacks import LONGEST, Setbacks
from gateway.stopping import Stop
from gateway.valkey import start_valkey
from store import events, outbox
from store.db import Database, Transaction
from store.events import Event
from store.workflow_tables import ServiceRow, sync

Break = Callable[[Transaction], object]

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
WATER = ServiceRow("water", "NEW", "water", {}, {"NEW": False, "DONE": True}, [("NEW", "DONE", "finish")])


@pytest.fixture
def db(db: Database) -> Database:
    with db.transaction() as tx:
        sync(tx, [WATER])
    return db


def apply(db: Database, number: int = 1) -> list[str]:
    """As another system does it: plain SQL."""
    insert = "INSERT INTO application (service, phone) VALUES ('water', '+9647700000001') RETURNING reference"
    with db.transaction() as tx:
        return [str(tx.execute(sa.text(insert)).scalar_one()) for _ in range(number)]


def announce(tx: Transaction, fresh: Sequence[Event], now: datetime) -> None:
    """The announcer of these tests: a row each, and the events are done."""
    rows = [
        outbox.NewMessage(
            phone="+9647700000001",
            language="ar",
            kind="ack",
            text=event.to_state,
            parts=1,
            priority=1,
            reference=event.reference,
            event_id=event.id,
        )
        for event in fresh
    ]
    outbox.insert_all(tx, rows, now)
    events.mark_relayed(tx, [event.id for event in fresh], now)


def refusing(*references: str, how: Break) -> Announce:
    """An announcer that breaks on these cases."""

    def announce_some(tx: Transaction, fresh: Sequence[Event], now: datetime) -> None:
        if any(event.reference in references for event in fresh):
            how(tx)
        announce(tx, fresh, now)

    return announce_some


def breaks(_: Transaction) -> None:
    raise RuntimeError("no such text")


def breaks_the_transaction(tx: Transaction) -> None:
    tx.execute(sa.text("SELECT 1 / 0"))


def told(db: Database) -> list[str]:
    """The cases that have a message, by message."""
    with db.transaction() as tx:
        return list(tx.execute(sa.text("SELECT reference FROM gateway.message ORDER BY id")).scalars())


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@contextmanager
def relaying(db: Database, redis: Redis, look_s: float) -> Iterator[None]:
    stop = Stop()
    thread = threading.Thread(target=relay, args=(db, redis, announce, lambda: datetime.now(UTC), stop, look_s))
    thread.start()
    try:
        yield
    finally:
        stop.ask()
        apply(db)  # whoever waits for a notice hears one
        thread.join(15)
        assert not thread.is_alive()


def test_each_event_becomes_one_message(db: Database) -> None:
    references = apply(db, 5)
    assert relay_once(db, announce, NOW, Setbacks()) == 5
    assert relay_once(db, announce, NOW, Setbacks()) == 0
    assert told(db) == references


@pytest.mark.parametrize("how", [breaks, breaks_the_transaction])
def test_an_event_that_cannot_be_announced_holds_up_no_other(db: Database, how: Break) -> None:
    first, bad, last = apply(db, 3)
    setbacks = Setbacks()
    assert relay_once(db, refusing(bad, how=how), NOW, setbacks) == 2
    assert told(db) == [first, last]
    (new,) = apply(db)
    assert relay_once(db, refusing(bad, how=how), NOW, setbacks, batch=1) == 1
    assert told(db) == [first, last, new]
    assert relay_once(db, announce, NOW + timedelta(seconds=9), setbacks) == 0
    assert relay_once(db, announce, NOW + timedelta(seconds=10), setbacks) == 1
    assert told(db) == [first, last, new, bad]
    assert len(setbacks) == 0


def test_what_is_logged_of_it_names_nobody(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    (bad,) = apply(db)
    relay_once(db, refusing(bad, how=breaks), NOW, Setbacks())
    said = " ".join(record.getMessage() for record in caplog.records if record.name == "gateway.relay")
    assert "RuntimeError" in said
    assert "no such text" not in said


def test_setbacks_double_up_to_an_hour() -> None:
    setbacks, waits = Setbacks(), []
    for _ in range(12):
        setbacks.add(1, NOW)
        waits.append(next(s for s in range(5, 4000, 5) if not setbacks.waits(1, NOW + timedelta(seconds=s))))
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, *[round(LONGEST.total_seconds())] * 3]


def test_two_relays_announce_each_event_once(db: Database) -> None:
    references = apply(db, 60)
    threads = [
        threading.Thread(target=lambda: [relay_once(db, announce, NOW, Setbacks(), batch=5) for _ in range(40)])
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay_once(db, announce, NOW, Setbacks())
    assert sorted(told(db)) == sorted(references)


def test_a_change_is_heard_at_once_and_wakes_the_workers(db: Database, redis: Redis) -> None:
    with relaying(db, redis, look_s=30):
        time.sleep(0.3)
        started = time.monotonic()
        (reference,) = apply(db)
        assert until(lambda: line.queue(redis).count == 1)
        assert time.monotonic() - started < 2
        assert told(db) == [reference]
        apply(db, 3)
        assert until(lambda: len(told(db)) == 4)
        assert line.queue(redis).count == 1


def test_a_lost_wake_up_is_given_again(db: Database, redis: Redis) -> None:
    with relaying(db, redis, look_s=0.2):
        apply(db)
        assert until(lambda: line.queue(redis).count == 1)
        redis.flushdb()
        assert until(lambda: line.queue(redis).count == 1)


def test_with_redis_away_events_become_rows_and_the_wake_up_comes_later(db: Database, tmp_path: Path) -> None:
    server = start_valkey(tmp_path, durable=False)
    redis = Redis.from_url(server.url, retry=Retry(NoBackoff(), 0))
    with relaying(db, redis, look_s=0.2):
        server.stop()
        references = apply(db, 2)
        assert until(lambda: told(db) == references)
        server = start_valkey(tmp_path, durable=False)
        assert until(lambda: line.queue(redis).count == 1)
    redis.close()
    server.stop()


def test_lost_connections_to_the_store_are_made_again(db: Database, redis: Redis) -> None:
    others = sa.text(
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with relaying(db, redis, look_s=0.2):
        (before,) = apply(db)
        assert until(lambda: told(db) == [before])
        with db.transaction() as tx:
            assert tx.execute(others).scalar_one() > 0
        (after,) = apply(db)
        assert until(lambda: told(db) == [before, after])


def test_a_paused_line_is_not_woken(db: Database, redis: Redis) -> None:
    line.pause(redis, "http_401", 60)
    with relaying(db, redis, look_s=0.2):
        (reference,) = apply(db)
        assert until(lambda: told(db) == [reference])
        time.sleep(0.5)
        assert line.queue(redis).count == 0
        line.resume(redis)
        assert until(lambda: line.queue(redis).count == 1)
