"""What breaks in the middle of a drain: a killed worker, a lease slept through, servers away. Nothing goes twice."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug import Response

from gateway.jobs import drain_all, drain_line
from gateway.providers import Outcome, Outgoing
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store import outbox
from store.db import Database
from tests.gateway.carrying import Scripted, carrying, drain_once
from tests.gateway.outbox_rows import NOW, now, phone, queue, states
from tests.peers import Asked, Peer, listing

ROOT = Path(__file__).parents[2]


def test_what_another_worker_took_over_is_not_sent_again(db: Database, far: Peer, provider: AfricasTalking) -> None:
    """A worker that slept through its lease wakes up beside the one that has its messages now."""
    queue(db, 1)
    queue(db, 2)
    moments: list[Callable[[], datetime]] = [now, now, now]

    def slept() -> datetime:
        if len(moments) == 1:
            with db.transaction() as tx:
                outbox.expire_leases(tx, NOW + timedelta(minutes=5))
            drain_all(db, carrying(provider), now, Stop())
        return moments.pop()() if moments else NOW

    drain_once(db, carrying(provider), slept)
    assert states(db) == ["sent", "sent"]
    assert len(far.asked) == 2


def test_a_crash_between_sending_and_settling_is_unsure_and_never_sent_again(
    db: Database, far: Peer, provider: AfricasTalking
) -> None:
    """The provider takes the message, and then the process is gone."""

    def dying(messages: Sequence[Outgoing]) -> list[Outcome]:
        provider.send(messages)
        raise KeyboardInterrupt

    queue(db, 1)
    with pytest.raises(KeyboardInterrupt):
        drain_all(db, carrying(Scripted(dying)), now, Stop())
    assert states(db) == ["sending"]
    later = NOW + timedelta(minutes=10)
    with db.transaction() as tx:
        assert outbox.expire_leases(tx, later) == (0, 1)
    drain_all(db, carrying(provider), lambda: later, Stop())
    assert states(db) == ["unsure"]
    assert len(far.asked) == 1


KILLED = """
import sys
from datetime import datetime, UTC
from gateway.jobs import drain_all
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store.db import Database
from tests.gateway.carrying import carrying
carriers = carrying(AfricasTalking("missan", "key", None, sys.argv[2]), in_flight=1)
drain_all(Database(sys.argv[1]), carriers, lambda: datetime(2026, 3, 1, 9, tzinfo=UTC), Stop())
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
    drain_all(db, carrying(provider), lambda: later, Stop())
    assert states(db) == ["sent", "unsure", "sent", "sent"]
    assert [sent for sent, _ in far.sent] == [phone(number) for number in range(4)]


def test_the_store_away_is_no_failure_of_the_job(redis: Redis, provider: AfricasTalking) -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/nothing")
    drain_line(db, redis, carrying(provider), now, Stop())
    db.close()


def test_what_goes_wrong_inside_is_logged_without_a_phone(
    db: Database, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """A provider that raises, which none may; what it says names somebody."""

    def broken(messages: Sequence[Outgoing]) -> list[Outcome]:
        raise RuntimeError(messages[0].phone)

    queue(db, 1)
    queue(db, 2)
    drain_line(db, redis, carrying(Scripted(broken)), now, Stop())
    assert [record.getMessage() for record in caplog.records] == ["sms: drain stopped by RuntimeError in broken"]
    assert states(db) == ["sending", "queued"]


def test_redis_away_stops_no_drain(db: Database, far: Peer, provider: AfricasTalking) -> None:
    queue(db, 1)
    drain_line(db, Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)), carrying(provider), now, Stop())
    assert states(db) == ["sent"]
