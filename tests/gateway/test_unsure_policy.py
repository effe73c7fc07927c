"""Messages that nobody can vouch for: a report finds them, a policy ends them, a person decides."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import unsure_policy
from gateway.delivery_rules import Rules, load_rules
from menus.yaml_source import ContentError
from store import attempts, delivery_reports, outbox, unsure
from store.db import Database
from store.outbox import NewMessage
from tests.gateway.carrying import drain
from tests.gateway.outbox_rows import NOW, now, phone, queue, states
from tests.gateway.test_failover import saying

RULES = Rules.model_validate(
    {
        "unsure": {
            "answer": {"then": "resend", "after_minutes": 10},
            "notice": {"then": "person"},
            "broadcast": {"then": "drop", "after_minutes": 60},
        }
    }
)
SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(minutes=61)


def unsure_ones(db: Database) -> None:
    """An answer, a notice and a broadcast that ended in silence."""
    for priority in range(3):
        new = NewMessage(phone(priority), "ar", "ack", f"text {priority}", 1, priority)
        with db.transaction() as tx:
            outbox.insert(tx, new, NOW)
    drain(db, saying("africastalking", "unsure", "http_500"), now)
    assert states(db) == ["unsure"] * 3


def test_each_class_has_its_policy(db: Database) -> None:
    unsure_ones(db)
    unsure_policy.apply(db, RULES, SOON)
    assert states(db) == ["unsure"] * 3
    assert unsure_policy.apply(db, RULES, LATER) == {"unsure_reported": 0, "unsure_resent": 1, "unsure_dropped": 1}
    assert states(db) == ["queued", "unsure", "failed"]


def test_an_answer_is_sent_again_once_only(db: Database) -> None:
    unsure_ones(db)
    unsure_policy.apply(db, RULES, LATER)
    drain(db, saying("africastalking", "unsure", "http_500"), lambda: LATER)
    assert unsure_policy.apply(db, RULES, LATER + timedelta(days=1))["unsure_resent"] == 0
    with db.transaction() as tx:
        message = unsure.find(tx, unsure.waiting(tx, LATER + timedelta(days=1), 9)[0].id)
        assert message is not None
        assert message.resends == 1
        assert len(attempts.of_message(tx, message.id)) == 2


def report(db: Database, number: int, provider_id: str, at: datetime, final: str = "delivered") -> bool:
    with db.transaction() as tx:
        return delivery_reports.record(tx, "africastalking", provider_id, "Success", None, final, at, phone(number))


def test_a_report_finds_an_unsure_message_by_its_phone(db: Database) -> None:
    unsure_ones(db)
    assert not report(db, 0, "ATXid_9", NOW + timedelta(minutes=2))
    assert unsure_policy.apply(db, RULES, SOON)["unsure_reported"] == 1
    assert states(db) == ["delivered", "unsure", "unsure"]


def test_a_report_is_adopted_only_when_nothing_else_can_be_meant(db: Database) -> None:
    unsure_ones(db)
    report(db, 0, "ATXid_1", NOW + timedelta(minutes=2))
    report(db, 0, "ATXid_2", NOW + timedelta(minutes=2))  # two ids for one phone
    report(db, 1, "ATXid_3", NOW - timedelta(minutes=1))  # before it was tried
    report(db, 2, "ATXid_4", SOON - timedelta(seconds=30))  # an answer may still be on its way
    assert unsure_policy.apply(db, RULES, SOON)["unsure_reported"] == 0
    assert states(db) == ["unsure"] * 3


def test_a_report_of_another_message_s_earlier_attempt_is_not_taken_for_this_one_s(db: Database) -> None:
    earlier = queue(db, 1)
    drain(db, saying("africastalking", "sent"), now)
    with db.transaction() as tx:
        assert unsure.resend(tx, earlier, NOW, "clerk", "she heard nothing", ended=True)
        tx.execute(sa.text("UPDATE gateway.message SET provider_id = 'of the second attempt', state = 'sent'"))
    queue(db, 1)
    drain(db, saying("africastalking", "unsure", "timeout"), now)
    with db.transaction() as tx:
        known = f"africastalking-{earlier}"
        delivery_reports.record(tx, "africastalking", known, "Success", None, "delivered", SOON, phone(1))
    assert unsure_policy.apply(db, RULES, LATER)["unsure_reported"] == 0
    assert states(db) == ["sent", "unsure"]


def test_a_report_of_the_first_attempt_stops_the_second(db: Database) -> None:
    """Where the provider lets us choose the id, it is known although the answer was lost."""
    provider = saying("kannel", "unsure", "timeout")
    provider.own_id = lambda message_id, attempt: f"{message_id}.{attempt}"  # type: ignore[method-assign]
    number = queue(db, 1)
    drain(db, provider, now)
    with db.transaction() as tx:
        tx.execute(sa.text("UPDATE gateway.message SET state = 'unsure', provider_id = id || '.0.0'"))
        assert unsure.resend(tx, number, LATER)
        delivery_reports.record(tx, "kannel", f"{number}.0.0", "delivered", None, "delivered", LATER, phone(1))
    assert states(db) == ["delivered"]


def test_a_person_sends_again_what_has_ended_and_says_why(db: Database) -> None:
    number = queue(db, 1)
    drain(db, saying("africastalking", "failed", "CouldNotRoute"), now)
    with db.transaction() as tx:
        assert not unsure.resend(tx, number, SOON)
        assert unsure.resend(tx, number, SOON, "zahra", "the citizen called", ended=True)
        assert not unsure.resend(tx, number, SOON, "zahra", "twice", ended=True)
        said = tx.execute(sa.text("SELECT was, by, reason FROM gateway.resend")).all()
    assert [tuple(row) for row in said] == [("failed", "zahra", "the citizen called")]
    drain(db, saying("kannel", "sent"), lambda: SOON)
    with db.transaction() as tx:
        assert [(each.provider, each.outcome) for each in attempts.of_message(tx, number)] == [
            ("africastalking", "failed"),
            ("kannel", "sent"),
        ]
    assert states(db) == ["sent"]


def test_the_delivered_rules_are_sound() -> None:
    rules = load_rules()
    assert set(rules.unsure) == {"answer", "notice", "broadcast"}
    assert rules.unsure["notice"].then == "person"


@pytest.mark.parametrize(
    "text", ["unsure: {answer: {then: never}}", "pace: {kannel: {'*': 0}}", "routes: [{providers: [nobody]}]", "a: ["]
)
def test_rules_that_are_none_are_refused_with_their_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "delivery.yaml"
    path.write_text(text)
    with pytest.raises(ContentError, match=r"delivery\.yaml:1"):
        load_rules(path)
