"""Draining the outbox into a provider on a real socket: everything once, in order, and each outcome written down."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from werkzeug import Response

from gateway.backoff import BACKOFF, HOLD, settlement
from gateway.jobs import drain_all
from gateway.providers import Outcome
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store.db import Database
from tests.gateway.carrying import carrying, drain_once
from tests.gateway.outbox_rows import NOW, now, phone, queue, states
from tests.peers import Asked, Peer, Reply, listing, plain, slow


def test_a_drain_sends_all_that_is_due_and_each_once(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(120):
        queue(db, number, text="one text" if number % 2 else "")
    drained = drain_all(db, carrying(provider), now, Stop())
    assert (drained.handled, drained.pause, drained.unfinished) == (120, None, False)
    assert states(db) == ["sent"] * 120
    assert sorted(sent for sent, _ in far.sent) == [phone(number) for number in range(120)]
    assert len(far.asked) == 62  # the claim of 100 and the claim of 20 share no request


def test_messages_of_one_case_leave_in_order(db: Database, far: Peer, provider: AfricasTalking) -> None:
    texts = [f"step {number}" for number in range(6)]
    for text in texts:
        queue(db, 1, text, reference="23456784")
    drain_all(db, carrying(provider), now, Stop())
    assert [text for _, text in far.sent] == texts


def test_several_requests_are_under_way_at_once(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(9):
        queue(db, number)
    far.then(*[slow(0.3)] * 9)
    started = time.monotonic()
    assert drain_all(db, carrying(provider, in_flight=8), now, Stop()).handled == 9
    assert time.monotonic() - started < 1.8  # one alone, then eight together: 0.6 s; one after another: 2.7 s
    assert states(db) == ["sent"] * 9


def test_an_outage_in_full_flight_costs_one_wave(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(12):
        queue(db, number)
    far.then(*[listing({})] * 3, *[slow(0.8)] * 9)
    drained = drain_all(db, carrying(provider, in_flight=4), now, Stop())
    assert (drained.handled, drained.pause) == (7, "timeout")
    assert states(db) == ["sent"] * 3 + ["unsure"] * 4 + ["queued"] * 5


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
    drain_all(db, carrying(provider), now, Stop())
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
    drain_all(db, carrying(provider), now, Stop())
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
            drain_all(db, carrying(provider), lambda time_=time_: time_, Stop())  # type: ignore[misc]
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


def test_a_stop_gives_back_what_was_not_handed_over(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(5):
        queue(db, number)
    stop = Stop()
    far.then(lambda asked: (stop.ask(), listing({})(asked))[1])  # type: ignore[func-returns-value]
    drained = drain_all(db, carrying(provider), now, stop)
    assert (drained.handled, drained.unfinished) == (1, True)
    assert states(db) == ["sent"] + ["queued"] * 4


def test_a_slow_batch_is_given_back_for_others_to_pass(db: Database, far: Peer, provider: AfricasTalking) -> None:
    for number in range(3):
        queue(db, number)
    moments = iter(NOW + timedelta(seconds=number / 3) for number in range(40))
    assert drain_once(db, carrying(provider), lambda: next(moments)).handled < 3
    assert set(states(db)) == {"sent", "queued"}
