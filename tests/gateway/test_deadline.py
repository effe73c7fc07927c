"""The time a hop has: past it an END promises an SMS, and the promise is kept."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest

from gateway import hops, loop, promises, workflow_sync
from gateway.playing import Hop
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.switchboard import Switchboard, switchboard
from tests.fixtures import PostOffice
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

WATER = JOURNEYS[0]
INPUTS = next(each for each in JOURNEYS if each.service == "inputs")
PATIENCE_S = 3.0


@contextmanager
def held_up(database_url: str) -> Iterator[None]:
    """The store answers nobody who wants to send or read an application."""
    with psycopg.connect(database_url) as connection:
        connection.execute("LOCK TABLE public.application IN ACCESS EXCLUSIVE MODE")
        yield


def last_hop(board: Switchboard, handset: Handset, seconds: float = 1.2, key: str = "1") -> str:
    """Press `key` with only so many seconds left."""
    handset.transcript += f"*{key}"
    hop = Hop(handset.session, handset.phone, "*964#", handset.transcript, "41820", time.monotonic() + seconds)
    return loop.run(hops.answer(board, hop))


def work_dies(database_url: str) -> None:
    """What hops began and did not wait for is not finished."""
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )


def wait_for_texts(post: PostOffice, phone: str, number: int) -> list[str]:
    until = time.monotonic() + PATIENCE_S
    while len(post.texts_to(phone)) < number and time.monotonic() < until:
        time.sleep(0.05)
    return post.texts_to(phone)


def test_past_the_deadline_an_end_promises_an_sms_and_the_receipt_comes(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    handset.dial().press("9", *WATER.keys[:-1])
    board = switchboard(runtime)
    with held_up(database_url):
        began = time.monotonic()
        said = last_hop(board, handset)
        assert said.startswith("END We are saving it now and will text you")
        assert time.monotonic() - began < 1.2
        assert handset.send().screen == said  # a repeat, meanwhile, in another process
    (receipt,) = wait_for_texts(post, handset.phone, 1)
    assert "We received your request" in receipt
    assert promises.mend(runtime, Setbacks()) == 1
    assert promises.mend(runtime, Setbacks()) == 0
    assert post.texts_to(handset.phone) == [receipt]
    assert handset.send().screen == said


def test_a_promise_whose_process_died_is_kept_by_the_sweep(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    handset.dial().press("9", *WATER.keys[:-1])
    with held_up(database_url):
        last_hop(switchboard(runtime), handset)
        work_dies(database_url)
    promises.mend(runtime, Setbacks())
    (receipt,) = post.texts_to(handset.phone)
    assert "We received your request" in receipt


def test_what_has_no_receipt_is_texted_once(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    reference = handset.dial().press("9", *INPUTS.keys).ends().reference
    handset.dial().press("4", "1", "1", "1", "40", "1", "3", "1")
    with held_up(database_url):
        assert last_hop(switchboard(runtime), handset).startswith("END We are saving")
    promises.mend(runtime, Setbacks())
    promises.mend(runtime, Setbacks())
    _, told = post.texts_to(handset.phone)
    assert reference in told
    assert "already have such a request open" in told


def test_two_promises_to_one_phone_are_two_texts(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    handset.dial().press("9", *INPUTS.keys).ends()
    for _ in range(2):
        handset.dial().press("4", "1", "1", "1", "40", "1", "3", "1")
        with held_up(database_url):
            assert last_hop(switchboard(runtime), handset).startswith("END We are saving")
    assert promises.mend(runtime, Setbacks()) == 2
    _, *told = post.texts_to(handset.phone)
    assert ["already have such a request open" in each for each in told] == [True, True]


def test_a_promise_is_texted_once_however_often_it_is_tried(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    handset.dial().press("9", *INPUTS.keys).ends()
    handset.dial().press("4", "1", "1", "1", "40", "1", "3", "1")
    with held_up(database_url):
        last_hop(switchboard(runtime), handset)
    ((name, made),) = runtime.redis.hgetall(promises.KEY).items()
    for _ in range(2):
        assert promises.mend(runtime, Setbacks()) == 1
        runtime.redis.hset(promises.KEY, name, made)  # Redis went away before it was told that it is done
    assert len(post.texts_to(handset.phone)) == 2


@pytest.fixture
def without_water(runtime: Runtime) -> Iterator[Callable[[], None]]:
    """A reload takes the water service away."""
    before = runtime.content
    services = {name: service for name, service in before.services.items() if name != WATER.service}
    yield lambda: runtime.versions.take(replace(before, digest="no water", services=services))
    runtime.versions.take(before)


def test_a_promise_that_cannot_be_kept_holds_up_no_other_and_is_given_up_in_words(
    runtime: Runtime,
    at: Callable[[datetime], Runtime],
    handset: Handset,
    post: PostOffice,
    database_url: str,
    without_water: Callable[[], None],
) -> None:
    handset.dial().press("9", *WATER.keys[:-1])
    other = Handset(handset.post)
    other.dial().press("9", *INPUTS.keys[:-1])
    with held_up(database_url):
        assert last_hop(switchboard(runtime), handset).startswith("END We are saving")
        assert last_hop(switchboard(runtime), other).startswith("END We are saving")
        work_dies(database_url)
    without_water()
    workflow_sync.sync(runtime)
    setbacks, now = Setbacks(), runtime.now()
    assert promises.mend(at(now), setbacks) == 1
    (receipt,) = post.texts_to(other.phone)
    assert "We received your request" in receipt
    told: dict[int, list[str]] = {}
    for minute in range(1, 90):
        assert promises.mend(at(now + timedelta(minutes=minute)), setbacks) == 0
        told[minute] = post.texts_to(handset.phone)
    assert told[40] == []
    assert told[60] == ["Sorry, something went wrong on our side. Please dial the same code again shortly."]
    assert told[89] == told[60]
    assert runtime.redis.hlen(promises.KEY) == 0
    assert len(setbacks) == 0


@pytest.mark.parametrize("value", ["no JSON", "{}", "of another release"])
def test_a_promise_that_nobody_can_read_holds_up_no_other_and_is_closed(
    runtime: Runtime,
    at: Callable[[datetime], Runtime],
    handset: Handset,
    post: PostOffice,
    database_url: str,
    value: str,
) -> None:
    runtime.redis.hset(promises.KEY, "of old:1", value)
    handset.dial().press("9", *WATER.keys[:-1])
    with held_up(database_url):
        last_hop(switchboard(runtime), handset)
        work_dies(database_url)
    if value == "of another release":
        (made,) = [each for name, each in runtime.redis.hgetall(promises.KEY).items() if name != b"of old:1"]
        kept = json.loads(made)
        kept["caller"] |= {"phone": "+9647700000055", "sim": 2}
        runtime.redis.hset(promises.KEY, "of old:1", json.dumps(kept))
    setbacks, now = Setbacks(), runtime.now()
    assert promises.mend(at(now), setbacks) == 1
    assert len(post.texts_to(handset.phone)) == 1
    for hour in range(1, promises.TRIES):
        assert promises.mend(at(now + timedelta(hours=hour)), setbacks) == 0
    assert runtime.redis.hlen(promises.KEY) == 0
    assert len(post.texts_to("+9647700000055")) == (value == "of another release")


def test_what_only_reads_promises_nothing(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("9")
    hop = Hop(handset.session, handset.phone, "*964#", "9*6", "41820", time.monotonic() + 1.0)
    with held_up(database_url):
        assert loop.run(hops.answer(switchboard(runtime), hop)).startswith("END Sorry")
    assert promises.mend(runtime, Setbacks()) == 0


def test_a_promise_is_not_made_while_nobody_can_keep_it(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("9", *WATER.keys[:-1])
    runtime.redis.set(promises.KEY, "of another kind")  # Redis refuses to add to it
    with held_up(database_url):
        assert last_hop(switchboard(runtime), handset).startswith("END Sorry")
