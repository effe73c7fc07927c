"""Parts a second, by provider and sender, over all workers; and that priorities are kept without starving anybody."""

from datetime import datetime, timedelta

from gateway.delivery_rules import Rules
from store import outbox, pace
from store.db import Database
from store.outbox import NewMessage
from tests.gateway.carrying import carrying, drain_once
from tests.gateway.outbox_rows import NOW, now, phone, queue
from tests.gateway.test_failover import saying

RULES = Rules.model_validate({"pace": {"africastalking": {"MISSAN": 10, "*": 99}}})


class Clock:
    """A clock that each look moves on by 50 ms."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=50)
        return self.at


def test_a_batch_sends_no_more_parts_than_the_pace_lets(db: Database) -> None:
    for number in range(60):
        queue(db, number, text=f"text {number}")
    provider, clock = saying("africastalking", "sent"), Clock()
    drained = drain_once(db, carrying(provider, rules=RULES), clock)
    seconds = (clock.at - NOW).total_seconds()
    assert 10 <= drained.handled <= 10 + 10 * seconds + 1
    assert drained.handled < 60


def test_two_workers_share_one_bucket(db: Database) -> None:
    with db.transaction() as tx:
        first = pace.filled(tx, "p", "S", 10, NOW)
        pace.spend(tx, first, 8)
    with db.transaction() as tx:
        assert pace.filled(tx, "p", "S", 10, NOW).tokens == 2
        assert pace.filled(tx, "p", "OTHER", 10, NOW).tokens == 10
        assert pace.filled(tx, "p", "S", 10, NOW + timedelta(seconds=0.5)).tokens == 7
        assert pace.filled(tx, "p", "S", 10, NOW + timedelta(seconds=60)).tokens == 10


def test_a_long_text_goes_on_credit_and_the_next_waits(db: Database) -> None:
    with db.transaction() as tx:
        bucket = pace.filled(tx, "p", "S", 2, NOW)
        pace.spend(tx, bucket, 6)
        assert pace.filled(tx, "p", "S", 2, NOW).wait_s() == 2.5


def test_identical_texts_share_no_request_that_the_pace_would_not_let(db: Database) -> None:
    for number in range(30):
        queue(db, number, text="one text")
    sizes: list[int] = []
    provider = saying("africastalking", "sent")
    send = provider._send
    provider._send = lambda messages: (sizes.append(len(messages)), send(messages))[1]  # type: ignore[func-returns-value]
    drain_once(db, carrying(provider, rules=RULES), Clock())
    assert max(sizes) == 10


def flood(db: Database, priority: int, count: int) -> None:
    new = [NewMessage(phone(priority * 10_000 + n), "ar", "ack", "…", 1, priority) for n in range(count)]
    with db.transaction() as tx:
        outbox.insert_all(tx, new, NOW)


def test_answers_come_first_and_nobody_starves(db: Database) -> None:
    for priority in (2, 1, 0):
        flood(db, priority, 300)
    with db.transaction() as tx:
        claimed = [each.priority for each in outbox.claim(tx, 100, NOW, 60)]
    assert claimed == sorted(claimed)
    assert [claimed.count(priority) for priority in (0, 1, 2)] == [100, 25, 10]


def test_a_share_that_nobody_needs_is_everybodys(db: Database) -> None:
    flood(db, 2, 300)
    with db.transaction() as tx:
        assert len(outbox.claim(tx, 100, NOW, 60)) == 100


def test_many_are_inserted_at_once_and_each_event_once(db: Database) -> None:
    new = [NewMessage(phone(n), "ar", "ack", f"{n}", 1, 1, event_id=7 + n % 2) for n in range(4)]
    with db.transaction() as tx:
        outbox.insert_all(tx, new, NOW)
        outbox.insert_all(tx, [], NOW)
    assert drain_once(db, carrying(saying("africastalking", "sent")), now).handled == 2
