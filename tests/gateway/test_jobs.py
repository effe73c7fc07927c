"""Draining the outbox into a provider on a real socket: everything once, nothing twice, whatever breaks on the way."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from werkzeug import Response

from gateway import line
from gateway.backoff import BACKOFF, HOLD, settlement
from gateway.jobs import HOLD_PAUSE_S, SILENCE_PAUSE_S, drain_all, drain_line, drain_once
from gateway.providers import Outcome, Outgoing
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store import outbox
from store.db import Database
from tests.peers import Asked, Peer, Reply, closed_port, listing, peer, plain, slow

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def listening() -> Iterator[Peer]:
    with peer() as listening:
        yield listening


@pytest.fixture
def far(listening: Peer) -> Peer:
    listening.forget()
    return listening


@pytest.fixture
def db(database_url: str, clean: None) -> Iterator[Database]:
    db = Database(database_url)
    yield db
    db.close()


@pytest.fixture
def redis(redis_url: str, clean: None) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as redis:
        yield redis


@pytest.fixture
def provider(far: Peer) -> Iterator[AfricasTalking]:
    provider = AfricasTalking("missan", "key", "MISSAN", far.url, timeout=(0.5, 0.5))
    yield provider
    provider.close()


def now() -> datetime:
    return NOW


def phone(number: int) -> str:
    return f"+96477{number:08d}"


def queue(db: Database, number: int, text: str = "", reference: str | None = None) -> int:
    new = outbox.NewMessage(
        phone=phone(number),
        language="ar",
        kind="ack",
        text=text or f"نص {number}",
        parts=1,
        priority=1,
        reference=reference,
    )
    with db.transaction() as tx:
        message_id = outbox.insert(tx, new, NOW)
    assert message_id is not None
    return message_id


def states(db: Database) -> list[str]:
    with db.transaction() as tx:
        return list(tx.execute(sa.text("SELECT state FROM gateway.message ORDER BY id")).scalars())


def test_a_drain_sends_all_that_is_due_and_each_once(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(120):
        queue(db, number, text="one text" if number % 2 else "")
    drained = drain_all(db, provider, now, Stop())
    assert (drained.handled, drained.pause, drained.unfinished) == (120, None, False)
    assert states(db) == ["sent"] * 120
    assert sorted(sent for sent, _ in far.sent) == [phone(number) for number in range(120)]
    assert len(far.asked) == 62  # the claim of 100 and the claim of 20 share no request


def test_messages_of_one_case_leave_in_order(db: Database, far: Peer, provider: AfricasTalking) -> None:
    texts = [f"step {number}" for number in range(6)]
    for text in texts:
        queue(db, 1, text, reference="23456784")
    drain_all(db, provider, now, Stop())
    assert [text for _, text in far.sent] == texts


def test_no_connection_to_the_store_is_held_while_the_provider_is_asked(
    db: Database, far: Peer, provider: AfricasTalking
) -> None:
    held: list[int] = []
    busy = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'")

    def reply(asked: Asked) -> Response:
        with db.transaction() as tx:
            held.append(tx.execute(busy).scalar_one() - 1)
        return listing({})(asked)

    far.then(reply)
    queue(db, 1)
    drain_all(db, provider, now, Stop())
    assert held == [0]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (listing({}, default=403), "failed"),
        (listing({}, default=500), "queued"),
        (listing({}, default=777), "unsure"),
        (plain(500), "unsure"),
        (plain(429), "queued"),
        (slow(1.0), "unsure"),
    ],
)
def test_each_outcome_is_written_down(
    db: Database, far: Peer, provider: AfricasTalking, reply: Reply, state: str
) -> None:
    queue(db, 1)
    far.then(reply)
    drain_all(db, provider, now, Stop())
    assert states(db) == [state]
    assert len(far.asked) == 1


def test_a_retry_waits_for_its_time(db: Database, far: Peer, provider: AfricasTalking) -> None:
    queue(db, 1)
    far.then(*[plain(429)] * 6)
    moment = NOW
    for pause in (timedelta(0), *BACKOFF):
        moment += pause
        early, late = moment - timedelta(seconds=1), moment
        for time_ in (early, late):
            drain_all(db, provider, lambda time_=time_: time_, Stop())  # type: ignore[misc]
    assert len(far.asked) == 6
    assert states(db) == ["failed"]


def outcome(result: str, tries: int | None = None) -> Outcome:
    return replace(Outcome(1, "retry", tries=tries), outcome=result)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "attempts", "becomes", "after"),
    [
        (outcome("retry"), 0, "retry", timedelta(seconds=30)),
        (outcome("retry"), 1, "retry", timedelta(minutes=2)),
        (outcome("retry"), 4, "retry", timedelta(hours=6)),
        (outcome("retry"), 5, "failed", None),
        (outcome("retry", tries=3), 1, "retry", timedelta(minutes=2)),
        (outcome("retry", tries=3), 2, "failed", None),
        (outcome("hold"), 99, "hold", HOLD),
        (outcome("unsure"), 0, "unsure", None),
        (outcome("sent"), 0, "sent", None),
    ],
)
def test_the_back_off_table(given: Outcome, attempts: int, becomes: str, after: timedelta | None) -> None:
    written = settlement(given, attempts, "peer", NOW)
    assert written.outcome == becomes
    assert written.retry_at == (NOW + after if after else None)


def test_a_refused_account_stops_the_line_and_loses_nothing(
    db: Database, redis: Redis, far: Peer, provider: AfricasTalking, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        queue(db, number)
    far.then(plain(401, "The supplied authentication is invalid"))
    drain_line(db, redis, provider, now, Stop())
    assert states(db) == ["queued"] * 5
    assert line.paused(redis) == "http_401"
    assert 0 < redis.ttl(line.PAUSE_FLAG) <= HOLD_PAUSE_S
    assert [record.levelname for record in caplog.records if "pauses" in record.getMessage()] == ["ERROR"]
    drain_line(db, redis, provider, now, Stop())
    assert not line.wake(redis)
    assert len(far.asked) == 1
    line.resume(redis)
    drain_line(db, redis, provider, lambda: NOW + HOLD, Stop())
    assert states(db) == ["sent"] * 5
    assert sorted(sent for sent, _ in far.sent[1:]) == [phone(number) for number in range(5)]


def test_three_silences_stop_the_line(db: Database, redis: Redis) -> None:
    for number in range(5):
        queue(db, number)
    provider = AfricasTalking("missan", "key", None, closed_port())
    drain_line(db, redis, provider, now, Stop())
    assert line.paused(redis) == "connect"
    assert 0 < redis.ttl(line.PAUSE_FLAG) <= SILENCE_PAUSE_S
    with db.transaction() as tx:
        attempts = list(tx.execute(sa.text("SELECT attempts FROM gateway.message ORDER BY id")).scalars())
    assert attempts == [1, 1, 1, 0, 0]
    assert states(db) == ["queued"] * 5


def test_a_stop_gives_back_what_was_not_handed_over(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(5):
        queue(db, number)
    stop = Stop()
    far.then(lambda asked: (stop.ask(), listing({})(asked))[1])  # type: ignore[func-returns-value]
    drained = drain_all(db, provider, now, stop)
    assert (drained.handled, drained.unfinished) == (1, True)
    assert states(db) == ["sent"] + ["queued"] * 4


def test_a_slow_batch_is_given_back_before_its_lease_ends(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(3):
        queue(db, number)
    moments = iter(NOW + timedelta(seconds=10 * number) for number in range(20))
    assert drain_once(db, provider, lambda: next(moments), Stop(), lease_s=60).handled < 3
    assert set(states(db)) == {"sent", "queued"}


def test_what_another_worker_took_over_is_not_sent_again(db: Database, far: Peer, provider: AfricasTalking) -> None:
    """A worker that slept through its lease wakes up beside the one that has its messages now."""
    queue(db, 1)
    queue(db, 2)
    moments: list[Callable[[], datetime]] = [now, now, now]

    def slept() -> datetime:
        if len(moments) == 1:
            with db.transaction() as tx:
                outbox.expire_leases(tx, NOW + timedelta(minutes=5))
            drain_all(db, provider, now, Stop())
        return moments.pop()() if moments else NOW

    drain_once(db, provider, slept, Stop())
    assert states(db) == ["sent", "sent"]
    assert len(far.asked) == 2


class Dying:
    """A provider that takes the message, and then the process is gone."""

    name = "africastalking"

    def __init__(self, real: AfricasTalking) -> None:
        self.real = real

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        self.real.send(messages)
        raise KeyboardInterrupt


def test_a_crash_between_sending_and_settling_is_unsure_and_never_sent_again(
    db: Database, far: Peer, provider: AfricasTalking
) -> None:
    queue(db, 1)
    with pytest.raises(KeyboardInterrupt):
        drain_all(db, Dying(provider), now, Stop())
    assert states(db) == ["sending"]
    later = NOW + timedelta(minutes=10)
    with db.transaction() as tx:
        assert outbox.expire_leases(tx, later) == (0, 1)
    drain_all(db, provider, lambda: later, Stop())
    assert states(db) == ["unsure"]
    assert len(far.asked) == 1


KILLED = """
import sys
from datetime import datetime, UTC
from gateway.jobs import drain_all
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store.db import Database
provider = AfricasTalking("missan", "key", None, sys.argv[2])
drain_all(Database(sys.argv[1]), provider, lambda: datetime(2026, 3, 1, 9, tzinfo=UTC), Stop())
"""


def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    db: Database, database_url: str, far: Peer, provider: AfricasTalking
) -> None:
    for number in range(4):
        queue(db, number)
    reached, go_on = threading.Event(), threading.Event()

    def reply(asked: Asked) -> Response:
        reached.set()
        go_on.wait(10)
        return listing({})(asked)

    far.then(listing({}), reply)
    child = subprocess.Popen([sys.executable, "-c", KILLED, database_url, far.url], cwd=ROOT)
    assert reached.wait(20)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    go_on.set()
    assert states(db) == ["sent", "sending", "claimed", "claimed"]
    later = NOW + timedelta(minutes=10)
    with db.transaction() as tx:
        assert outbox.expire_leases(tx, later) == (2, 1)
    drain_all(db, provider, lambda: later, Stop())
    assert states(db) == ["sent", "unsure", "sent", "sent"]
    assert [sent for sent, _ in far.sent] == [phone(number) for number in range(4)]


def test_the_store_away_is_no_failure_of_the_job(redis: Redis, provider: AfricasTalking) -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/nothing")
    drain_line(db, redis, provider, now, Stop())
    db.close()


def test_redis_away_stops_no_drain(db: Database, far: Peer, provider: AfricasTalking) -> None:
    queue(db, 1)
    drain_line(db, Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)), provider, now, Stop())
    assert states(db) == ["sent"]


def test_wake_ups_do_not_pile_up(redis: Redis) -> None:
    assert [line.wake(redis) for _ in range(5)] == [True, False, False, False, False]
    redis.delete(line.WAKE_FLAG)
    assert not line.wake(redis)
    assert line.queue(redis).count == 1
    assert line.begin(redis)
    redis.delete(line.queue(redis).key)
    assert line.wake(redis)


def test_a_flushed_redis_is_woken_again(redis: Redis) -> None:
    assert line.wake(redis)
    redis.flushdb()
    assert line.wake(redis)


WORKSHOP: dict[str, object] = {}


def drained_here() -> None:
    """The job of the test below, with that test's parts."""
    drain_line(WORKSHOP["db"], WORKSHOP["redis"], WORKSHOP["provider"], now, Stop())  # type: ignore[arg-type]


def test_no_wake_up_is_lost(db: Database, redis: Redis, far: Peer, provider: AfricasTalking) -> None:
    """Writers that each wake once for each message, while RQ works: nothing is left over, and nobody polls."""
    WORKSHOP.update(db=db, redis=redis, provider=provider)
    job = f"{drained_here.__module__}.{drained_here.__name__}"

    def write(first: int) -> None:
        for number in range(first, first + 25):
            queue(db, number)
            line.wake(redis, job)
            time.sleep(0.004)

    writers = [threading.Thread(target=write, args=(1000 * each,)) for each in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        work(redis)
    work(redis)
    assert states(db) == ["sent"] * 75
    assert len(far.sent) == len(set(far.sent)) == 75


def work(redis: Redis) -> None:
    worker = SimpleWorker([line.queue(redis)], connection=redis, serializer=JSONSerializer, log_job_description=False)
    worker.work(burst=True, logging_level="WARNING")
