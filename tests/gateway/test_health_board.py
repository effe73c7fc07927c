"""Workers agree on who is well, through Redis and without it, and the operator sees what they agreed on."""

from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.carriers import Carriers
from gateway.health_board import KEY, Board
from gateway.jobs import drain_all
from gateway.provider_health import LEAST_SHARE, SILENCE_PAUSE
from gateway.providers import Outcome
from gateway.runtime import Runtime
from gateway.stopping import Stop
from store.db import Database
from tests.gateway.carrying import NO_RULES, Scripted
from tests.gateway.outbox_rows import NOW, queue, states
from tests.gateway.test_failover import saying
from tests.gateway.test_metrics import values
from tests.peers import closed_port

SILENT = [Outcome(1, "unsure", code="timeout")]
WELL = [Outcome(1, "sent", latency_ms=5)]
LATER = NOW + timedelta(seconds=1)


def worker(redis: Redis, *providers: Scripted) -> Carriers:
    given = providers or (saying("africastalking", "sent"), saying("kannel", "sent"))
    return Carriers(given, NO_RULES, lambda: 0.0, 8, Board(redis))


def silenced(redis: Redis) -> Carriers:
    """A worker that found Africa's Talking silent, and said so."""
    first = worker(redis)
    for _ in range(3):
        first.saw("africastalking", SILENT, NOW)
    first.agree()
    return first


def test_what_one_worker_found_silent_no_other_asks(db: Database, redis: Redis) -> None:
    silenced(redis)
    first, second = saying("africastalking", "sent"), saying("kannel", "sent")
    for number in range(5):
        queue(db, number)
    drain_all(db, worker(redis, first, second), lambda: LATER, Stop())
    assert states(db) == ["sent"] * 5
    assert (len(first.given), len(second.given)) == (0, 5)


def test_the_worker_that_hears_it_again_opens_it_for_all(redis: Redis) -> None:
    first, second = silenced(redis), worker(redis)
    second.agree()
    after = NOW + SILENCE_PAUSE
    assert not second.health["africastalking"].open(LATER)
    assert second.health["africastalking"].window == 1
    second.saw("africastalking", WELL, after)
    second.agree()
    first.agree()
    for each in (first, second):
        assert each.health["africastalking"].open(LATER)
        assert LEAST_SHARE < each.health["africastalking"].share < 0.2


def test_an_older_word_is_not_believed(redis: Redis) -> None:
    second = worker(redis)
    second.saw("africastalking", WELL, LATER)
    silenced(redis)
    second.agree()
    assert second.health["africastalking"].open(NOW)


@pytest.mark.parametrize("word", ["", "not json", '{"at": 1}', "[]"])
def test_a_board_that_makes_no_sense_is_empty(redis: Redis, word: str) -> None:
    redis.hset(KEY, "africastalking", word)
    assert Board(redis).read() == {}


def test_without_redis_each_goes_by_what_it_sees(db: Database) -> None:
    port = int(closed_port().rpartition(":")[2])
    away = Redis(port=port, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    queue(db, 1)
    carriers = Carriers([saying("africastalking", "sent")], NO_RULES, lambda: 0.0, 8, Board(away))
    drain_all(db, carriers, lambda: NOW, Stop())
    assert states(db) == ["sent"]


def test_metrics_and_ready_tell_what_the_workers_say(runtime: Runtime, redis: Redis, app: Flask) -> None:
    client = app.test_client()
    (name,) = runtime.settings.carriers
    well = values(runtime)
    assert (well["provider_open", (name, "")], well["provider_share", (name,)]) == (1, 1)
    assert client.get("/ready").json["providers"] == {name: "ok"}  # type: ignore[index]
    one = Carriers([saying(name, "sent")], NO_RULES, lambda: 0.0, 8, Board(runtime.redis))
    one.saw(name, [Outcome(1, "hold", code="http_401")], runtime.now())
    one.agree()
    ill = values(runtime)
    assert (ill["provider_open", (name, "http_401")], ill["provider_share", (name,)]) == (0, LEAST_SHARE)
    answer = client.get("/ready")
    assert (answer.status_code, answer.json["providers"]) == (200, {name: "http_401"})  # type: ignore[index]
