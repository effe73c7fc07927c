"""Messages leave by priority and age, one at a time in each case, to one worker each, and leases end."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from store import outbox
from store.db import Database
from store.outbox import HandOver, NewMessage, Settlement
from tests.store.outgoing import CASES, claimed, message, queued, settle, under_way
from tests.store.workflow import NOW, PHONE

LATER = NOW + timedelta(minutes=5)
SENT = Settlement("sent", "sim", provider_id="x1")


def test_answers_go_before_notices_and_broadcasts(db: Database) -> None:
    broadcast = queued(db, CASES[0], priority=2)
    notice = queued(db, CASES[1])
    answer = queued(db, CASES[2], priority=0)
    assert claimed(db, limit=2) == [answer, notice]
    assert claimed(db) == [broadcast]


def test_a_case_has_one_message_under_way_and_keeps_its_order(db: Database) -> None:
    first, second, other = queued(db, CASES[0]), queued(db, CASES[0]), queued(db, CASES[1])
    assert claimed(db) == [first, other]
    assert claimed(db) == []
    with db.transaction() as tx:
        outbox.sending(tx, [HandOver(first, "sim")], NOW)
    assert claimed(db) == []
    settle(db, first, SENT)
    assert claimed(db) == [second]


def test_a_phone_without_a_case_has_one_message_under_way(db: Database) -> None:
    first, second, other = queued(db), queued(db), queued(db, phone="+9647709999999")
    about_a_case = queued(db, CASES[0])
    assert claimed(db) == [first, other, about_a_case]
    settle(db, first, Settlement("failed", "sim"))
    assert claimed(db) == [second]


def test_a_message_that_waits_for_its_next_attempt_blocks_the_later_ones_of_its_case(db: Database) -> None:
    first = under_way(db, CASES[0])
    second = queued(db, CASES[0])
    settle(db, first, Settlement("retry", "sim", retry_at=LATER))
    assert claimed(db) == []
    assert claimed(db, now=LATER) == [first]
    assert second


def test_an_answer_does_not_wait_behind_a_held_notice(db: Database) -> None:
    notice = queued(db, CASES[0], now=LATER)
    answer = queued(db, CASES[0], priority=0)
    assert claimed(db) == [answer]
    assert claimed(db, now=LATER) == []
    settle(db, answer, SENT)
    assert claimed(db, now=LATER) == [notice]


@pytest.mark.parametrize("field", ["event_id", "inbound_id"])
def test_an_event_or_an_incoming_message_has_one_message(db: Database, field: str) -> None:
    new = NewMessage(PHONE, "ar", "ack", "…", 1, 1, **{field: 7})  # type: ignore[arg-type]
    with db.transaction() as tx:
        assert outbox.insert(tx, new, NOW) is not None
        assert outbox.insert(tx, new, NOW) is None


def test_a_muted_message_is_kept_and_never_sent(db: Database) -> None:
    with db.transaction() as tx:
        number = outbox.insert(tx, NewMessage(PHONE, "ar", "ack", "…", 1, 1, muted=True), NOW)
    assert number is not None
    assert claimed(db) == []
    assert (message(db, number).state, message(db, number).closed_at) == ("muted", NOW)


def test_workers_at_once_claim_different_messages(db: Database) -> None:
    numbers = [queued(db, phone=f"+96477000000{number:02}") for number in range(40)]
    start = threading.Barrier(4)

    def work(_: int) -> list[int]:
        start.wait()
        return claimed(db, 5) + claimed(db, 5)

    with ThreadPoolExecutor(4) as pool:
        taken = [number for batch in pool.map(work, range(4)) for number in batch]
    assert len(taken) == len(set(taken))
    assert sorted(taken + claimed(db, 40)) == numbers


def test_a_second_claim_skips_what_an_open_transaction_holds(db: Database) -> None:
    first, second, other = queued(db, CASES[0]), queued(db, CASES[0]), queued(db, CASES[1])
    with db.transaction() as tx:
        assert [each.id for each in outbox.claim(tx, 1, NOW, 30)] == [first]
        assert claimed(db) == [other]
    assert second


def test_a_lapsed_claim_is_queued_again_and_its_first_owner_may_not_send(db: Database) -> None:
    number = queued(db)
    assert claimed(db, lease_s=30) == [number]
    with db.transaction() as tx:
        assert outbox.expire_leases(tx, NOW + timedelta(seconds=29)) == (0, 0)
        assert outbox.expire_leases(tx, NOW + timedelta(seconds=31)) == (1, 0)
        assert outbox.sending(tx, [HandOver(number, "sim")], NOW) == []
    assert claimed(db) == [number]


def test_a_message_whose_sender_died_is_unsure(db: Database) -> None:
    number = under_way(db)
    with db.transaction() as tx:
        assert outbox.expire_leases(tx, NOW + timedelta(seconds=119)) == (0, 0)
        assert outbox.expire_leases(tx, NOW + timedelta(seconds=121)) == (0, 1)
    assert (message(db, number).state, message(db, number).attempts) == ("unsure", 1)
    assert claimed(db, now=LATER) == []


def test_only_claimed_messages_are_given_back(db: Database) -> None:
    number, sending = queued(db, CASES[0]), queued(db, CASES[1])
    claimed(db)
    with db.transaction() as tx:
        outbox.sending(tx, [HandOver(sending, "sim")], NOW)
        outbox.release(tx, [number, sending])
    assert claimed(db) == [number]


def test_due_says_what_a_claim_would_find(db: Database) -> None:
    with db.transaction() as tx:
        assert (outbox.due(tx, NOW), outbox.next_due(tx)) == (False, None)
    first = queued(db, CASES[0], now=LATER)
    with db.transaction() as tx:
        assert (outbox.due(tx, NOW), outbox.due(tx, LATER), outbox.next_due(tx)) == (False, True, LATER)
    queued(db, CASES[0])
    assert claimed(db, now=LATER) == [first]
    with db.transaction() as tx:
        assert (outbox.due(tx, LATER), outbox.next_due(tx)) == (False, None)
        assert [each.state for each in outbox.of_reference(tx, CASES[0])] == ["claimed", "queued"]


def test_a_new_message_is_announced(db: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN gateway_messages")
        queued(db)
        assert [notice.channel for notice in listener.notifies(timeout=2, stop_after=1)] == ["gateway_messages"]
