"""What a provider answers and reports closes a message in any order, and never opens it again."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from store import delivery_reports, outbox, unsure
from store.db import Database
from store.outbox import HandOver, Settlement
from tests.store.outgoing import CASES, claimed, message, queued, settle, under_way
from tests.store.workflow import NOW

LATER = NOW + timedelta(minutes=5)
SENT = Settlement("sent", "sim", provider_id="x1", cost="IQD 20", latency_ms=12)


def report(db: Database, final: str | None, provider_id: str = "x1") -> bool:
    with db.transaction() as tx:
        return delivery_reports.record(tx, "sim", provider_id, "Status", None, final, LATER)


@pytest.mark.parametrize(
    ("outcome", "state", "attempts"),
    [
        ("sent", "sent", 1),
        ("failed", "failed", 1),
        ("unsure", "unsure", 1),
        ("retry", "queued", 1),
        ("hold", "queued", 0),
    ],
)
def test_each_outcome_has_its_state(db: Database, outcome: str, state: str, attempts: int) -> None:
    number = under_way(db)
    assert settle(db, number, Settlement(outcome, "sim", code="500", detail="busy", retry_at=LATER))
    settled = message(db, number)
    assert (settled.state, settled.attempts, settled.lease_until) == (state, attempts, None)
    assert settled.error == (None if outcome == "sent" else "500: busy")
    assert claimed(db) == []
    assert claimed(db, now=LATER) == ([number] if state == "queued" else [])


def test_a_sent_message_keeps_what_the_provider_said(db: Database, owner: psycopg.Connection) -> None:
    number = under_way(db)
    settle(db, number, SENT)
    settled = message(db, number)
    assert (settled.provider, settled.provider_id, settled.cost, settled.sent_at) == ("sim", "x1", "IQD 20", NOW)
    assert owner.execute("SELECT message_id, provider, outcome, latency_ms FROM gateway.attempt").fetchall() == [
        (number, "sim", "sent", 12)
    ]


@pytest.mark.parametrize("final", ["delivered", "undelivered"])
def test_a_report_closes_a_sent_message(db: Database, final: str) -> None:
    number = under_way(db)
    settle(db, number, SENT)
    assert report(db, final)
    assert (message(db, number).state, message(db, number).closed_at) == (final, LATER)


def test_a_report_that_comes_before_the_answer_is_applied_with_it(db: Database, owner: psycopg.Connection) -> None:
    number = under_way(db)
    assert not report(db, None)
    assert not report(db, "delivered")
    assert message(db, number).state == "sending"
    settle(db, number, SENT)
    assert message(db, number).state == "delivered"
    assert owner.execute("SELECT count(*) FROM gateway.delivery_report WHERE applied_at IS NULL").fetchone() == (0,)


def sending_under_an_id_of_ours(db: Database) -> int:
    """The id of a message that is being sent, whose id at the provider is known before its answer."""
    number = queued(db)
    assert claimed(db) == [number]
    with db.transaction() as tx:
        outbox.sending(tx, [HandOver(number, "sim", "x1")], NOW)
    return number


def test_a_report_that_overtakes_the_answer_under_an_id_of_ours_is_applied_with_it(db: Database) -> None:
    number = sending_under_an_id_of_ours(db)
    report(db, "delivered")
    assert message(db, number).state == "sending"
    settle(db, number, SENT)
    assert message(db, number).state == "delivered"


def test_a_report_of_a_message_whose_worker_died_after_it_came_closes_it(db: Database) -> None:
    number = sending_under_an_id_of_ours(db)
    report(db, "delivered")
    with db.transaction() as tx:
        assert outbox.expire_leases(tx, NOW + timedelta(hours=1)) == (0, 1)
    with db.transaction() as tx:
        assert delivery_reports.adopt(tx, NOW + timedelta(hours=1)) == 1
    assert message(db, number).state == "delivered"


def test_a_late_yes_stops_a_second_sending_that_is_claimed_already(db: Database) -> None:
    number = sending_under_an_id_of_ours(db)
    settle(db, number, Settlement("unsure", "sim", provider_id="x1"))
    with db.transaction() as tx:
        assert unsure.resend(tx, number, NOW)
    assert claimed(db) == [number]
    report(db, "delivered")
    with db.transaction() as tx:
        assert outbox.sending(tx, [HandOver(number, "sim", "x2")], NOW) == []
    assert message(db, number).state == "delivered"


def test_a_report_closes_an_unsure_message(db: Database) -> None:
    number = under_way(db)
    settle(db, number, Settlement("unsure", "sim", provider_id="x1"))
    assert report(db, "delivered")
    assert message(db, number).state == "delivered"


def test_an_unknown_report_is_kept_and_changes_nothing(db: Database, owner: psycopg.Connection) -> None:
    number = under_way(db)
    settle(db, number, SENT)
    assert not report(db, "undelivered", "y")
    assert message(db, number).state == "sent"
    assert owner.execute("SELECT provider_id, applied_at FROM gateway.delivery_report").fetchall() == [("y", None)]


@pytest.mark.parametrize("reports", list(itertools.permutations(["delivered", "undelivered", None])))
def test_the_first_final_report_stays(db: Database, reports: Sequence[str | None]) -> None:
    number = under_way(db)
    settle(db, number, SENT)
    for final in (*reports, *reports):
        assert report(db, final)
    assert message(db, number).state == next(final for final in reports if final)


@pytest.mark.parametrize("outcome", ["sent", "failed", "retry", "unsure", "hold"])
def test_a_closed_message_is_never_opened_by_a_late_answer(db: Database, outcome: str) -> None:
    number = under_way(db)
    settle(db, number, SENT)
    report(db, "delivered")
    assert not settle(db, number, Settlement(outcome, "sim", provider_id="x2", retry_at=NOW))
    assert message(db, number).state == "delivered"
    assert claimed(db) == []


@pytest.mark.parametrize(("outcome", "state"), [("sent", "sent"), ("failed", "failed"), ("retry", "queued")])
def test_a_slow_answer_still_tells_about_an_unsure_message(db: Database, outcome: str, state: str) -> None:
    number = under_way(db)
    with db.transaction() as tx:
        outbox.expire_leases(tx, LATER)
    assert settle(db, number, Settlement(outcome, "sim", provider_id="x1", retry_at=LATER))
    assert message(db, number).state == state


def test_a_late_yes_stops_a_second_sending(db: Database) -> None:
    number = under_way(db)
    with db.transaction() as tx:
        outbox.expire_leases(tx, LATER)
        assert unsure.resend(tx, number, LATER)
    assert not settle(db, number, Settlement("retry", "sim", retry_at=NOW))
    assert settle(db, number, SENT)
    assert claimed(db, now=LATER) == []


def test_an_unsure_message_is_closed_by_a_person(db: Database) -> None:
    first, second = under_way(db, CASES[0]), under_way(db, CASES[1])
    for number in (first, second):
        settle(db, number, Settlement("unsure", "sim"))
    with db.transaction() as tx:
        assert [each.id for each in unsure.waiting(tx, LATER, 10)] == [first, second]
        assert unsure.resend(tx, first, NOW)
        assert unsure.drop(tx, second, NOW)
        assert not unsure.resend(tx, second, NOW)
        assert not unsure.drop(tx, first, NOW)
    assert claimed(db) == [first]
    assert message(db, second).state == "failed"


def test_a_provider_that_repeats_its_ids_loses_no_message(db: Database) -> None:
    first, second = under_way(db, CASES[0]), under_way(db, CASES[1])
    settle(db, first, SENT)
    assert settle(db, second, SENT)
    assert (message(db, second).state, message(db, second).provider_id) == ("sent", None)
    report(db, "delivered")
    assert message(db, first).state == "delivered"


def test_an_answer_and_its_report_at_once_never_miss_each_other(db: Database) -> None:
    numbers = [queued(db, phone=f"+96477000000{number:02}") for number in range(20)]
    claimed(db, 20)

    def both(number: int) -> None:
        with ThreadPoolExecutor(2) as pair:
            answer = pair.submit(settle, db, number, Settlement("sent", "sim", provider_id=f"x{number}"))
            pair.submit(report, db, "delivered", f"x{number}").result()
            answer.result()

    for number in numbers:
        both(number)
    assert {message(db, number).state for number in numbers} == {"delivered"}
