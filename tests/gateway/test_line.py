"""The send line's flags in a real Redis: wake-ups that are neither lost nor piled up, and pauses."""

import threading
import time

import pytest
import sqlalchemy as sa
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from gateway import line
from gateway.backoff import HOLD
from gateway.jobs import drain_line
from gateway.provider_health import HOLD_PAUSE, SILENCE_PAUSE
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store.db import Database
from tests.gateway.carrying import carrying
from tests.gateway.outbox_rows import NOW, now, phone, queue, states
from tests.peers import Peer, closed_port, plain


def test_a_refused_account_stops_the_line_and_loses_nothing(
    db: Database, redis: Redis, far: Peer, provider: AfricasTalking, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        queue(db, number)
    far.then(plain(401, "The supplied authentication is invalid"))
    drain_line(db, redis, carrying(provider), now, Stop())
    assert states(db) == ["queued"] * 5
    assert line.paused(redis) == "http_401"
    assert 0 < redis.ttl(line.PAUSE_FLAG) <= HOLD_PAUSE.seconds
    assert [record.levelname for record in caplog.records if "pauses" in record.getMessage()] == ["ERROR"]
    drain_line(db, redis, carrying(provider), now, Stop())
    assert not line.wake(redis)
    assert len(far.asked) == 1
    line.resume(redis)
    drain_line(db, redis, carrying(provider), lambda: NOW + HOLD, Stop())
    assert states(db) == ["sent"] * 5
    assert sorted(sent for sent, _ in far.sent[1:]) == [phone(number) for number in range(5)]


def test_three_silences_stop_the_line(db: Database, redis: Redis) -> None:
    for number in range(5):
        queue(db, number)
    provider = AfricasTalking("missan", "key", None, closed_port())
    drain_line(db, redis, carrying(provider), now, Stop())
    assert line.paused(redis) == "connect"
    assert 0 < redis.ttl(line.PAUSE_FLAG) <= SILENCE_PAUSE.seconds
    with db.transaction() as tx:
        attempts = list(tx.execute(sa.text("SELECT attempts FROM gateway.message ORDER BY id")).scalars())
    assert attempts == [1, 1, 1, 0, 0]
    assert states(db) == ["queued"] * 5


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
    drain_line(WORKSHOP["db"], WORKSHOP["redis"], WORKSHOP["carriers"], now, Stop())  # type: ignore[arg-type]


def test_no_wake_up_is_lost(db: Database, redis: Redis, far: Peer, provider: AfricasTalking) -> None:
    """Writers that each wake once for each message, while RQ works: nothing is left over, and nobody polls."""
    WORKSHOP.update(db=db, redis=redis, carriers=carrying(provider))
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
