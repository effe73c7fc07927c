"""The time a hop has: past it an END promises an SMS, and the promise is kept."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from gateway import hops, loop, promises
from gateway.playing import Hop
from gateway.runtime import Runtime
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


def last_hop(board: Switchboard, handset: Handset, seconds: float = 1.2) -> str:
    """Press 1 with only so many seconds left."""
    handset.transcript += "*1"
    hop = Hop(handset.session, handset.phone, "*964#", handset.transcript, "41820", time.monotonic() + seconds)
    return loop.run(hops.answer(board, hop))


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
    assert promises.mend(runtime) == 1
    assert promises.mend(runtime) == 0
    assert post.texts_to(handset.phone) == [receipt]
    assert handset.send().screen == said


def test_a_promise_whose_process_died_is_kept_by_the_sweep(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    handset.dial().press("9", *WATER.keys[:-1])
    with held_up(database_url):
        last_hop(switchboard(runtime), handset)
        with psycopg.connect(database_url, autocommit=True) as other:  # the thread's work dies
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
    promises.mend(runtime)
    (receipt,) = post.texts_to(handset.phone)
    assert "We received your request" in receipt


def test_what_has_no_receipt_is_texted_once(
    runtime: Runtime, handset: Handset, post: PostOffice, database_url: str
) -> None:
    reference = handset.dial().press("9", *INPUTS.keys).ends().reference
    handset.dial().press("4", "1", "1", "1", "40", "1", "3", "1")
    with held_up(database_url):
        assert last_hop(switchboard(runtime), handset).startswith("END We are saving")
    promises.mend(runtime)
    promises.mend(runtime)
    _, told = post.texts_to(handset.phone)
    assert reference in told
    assert "already have such a request open" in told


def test_what_only_reads_promises_nothing(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("9")
    hop = Hop(handset.session, handset.phone, "*964#", "9*6", "41820", time.monotonic() + 1.0)
    with held_up(database_url):
        assert loop.run(hops.answer(switchboard(runtime), hop)).startswith("END Sorry")
    assert promises.mend(runtime) == 0


def test_a_promise_is_not_made_while_nobody_can_keep_it(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("9", *WATER.keys[:-1])
    runtime.redis.set(promises.KEY, "of another kind")  # Redis refuses to add to it
    with held_up(database_url):
        assert last_hop(switchboard(runtime), handset).startswith("END Sorry")
