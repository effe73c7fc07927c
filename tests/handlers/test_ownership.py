"""Whose number is it still: which phones are doubted, what they are asked, and what waits for the answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from gateway.runtime import Runtime
from handlers import ownership
from handlers.quiet import OWNER, Leave, Recipient, leave
from store import applications, asked, outbox
from store.db import Transaction
from tests.fixtures import PostOffice
from tests.handset import new_phone

NOW = datetime.now(UTC)


def case(tx: Transaction, days_ago: int) -> str:
    """The phone of a new case that somebody made so many days ago."""
    phone = new_phone()
    insert = "INSERT INTO application (service, phone, created_at) VALUES ('water', :phone, :at)"
    tx.execute(sa.text(insert), {"phone": phone, "at": NOW - timedelta(days=days_ago)})
    return phone


def messages(tx: Transaction, phone: str, states: Sequence[str]) -> None:
    insert = """
        INSERT INTO gateway.message (phone, language, kind, text, parts, priority, state, next_attempt_at, created_at)
        VALUES (:phone, 'ar', 'docs', 'x', 1, 1, :state, now(), :now)"""
    for state in states:
        tx.execute(sa.text(insert), {"phone": phone, "state": state, "now": NOW})


@pytest.mark.parametrize(
    ("days_ago", "states", "is_doubted"),
    [
        (10, [], False),
        (89, ["delivered"], False),
        (91, ["delivered"], True),
        (10, ["undelivered"] * 3, True),
        (10, ["undelivered"] * 2, False),
        (10, ["undelivered", "undelivered", "delivered", "undelivered"], False),
        (10, ["failed"] * 3, False),  # ours or the provider's fault says nothing of the phone
    ],
)
def test_a_phone_is_doubted_after_long_silence_or_when_it_cannot_be_reached(
    runtime: Runtime, days_ago: int, states: list[str], is_doubted: bool
) -> None:
    with runtime.db.transaction() as tx:
        phone = case(tx, days_ago)
        messages(tx, phone, states)
        assert ownership.doubted(tx, [phone, new_phone()], NOW) == ({phone} if is_doubted else set())


@pytest.mark.parametrize(
    "sign",
    [
        "INSERT INTO gateway.inbound (provider, provider_id, phone, sent_to, text, received_at)"
        " VALUES ('p', 'i', :phone, '', 'x', :at)",
        "INSERT INTO gateway.ussd_session (session, phone, service_code, status, ended_at)"
        " VALUES ('s', :phone, '*964#', 'Success', :at)",
        "INSERT INTO public.application (service, phone, created_at) VALUES ('water', :phone, :at)",
    ],
)
def test_a_text_a_call_or_a_new_request_is_a_sign_of_the_owner(runtime: Runtime, sign: str) -> None:
    with runtime.db.transaction() as tx:
        phone = case(tx, 200)
        messages(tx, phone, ["undelivered"] * 3)
        tx.execute(sa.text(sign), {"phone": phone, "at": NOW + timedelta(seconds=1)})
        assert ownership.doubted(tx, [phone], NOW) == set()


def test_a_doubted_phone_is_asked_once_a_month_and_not_at_night(runtime: Runtime) -> None:
    with runtime.db.transaction() as tx:
        phone = case(tx, 100)
        (question,) = ownership.ask(tx, runtime.content, {phone: "ar"}, NOW)
        assert (question.phone, question.kind, question.reference, question.event_id) == (
            phone,
            "confirm_owner",
            None,
            None,
        )
        assert "هل ما زلت" in question.text
        assert ownership.ask(tx, runtime.content, {phone: "ar"}, NOW + timedelta(days=2)) == []
        assert ownership.doubted(tx, [phone], NOW) == {phone}
        assert len(ownership.ask(tx, runtime.content, {phone: "ar"}, NOW + timedelta(days=31))) == 1
        outbox.insert_all(tx, [question], NOW)


def test_until_the_owner_answers_a_notice_is_kept_and_an_answer_to_the_citizen_is_sent(runtime: Runtime) -> None:
    with runtime.db.transaction() as tx:
        (found,) = applications.of_phone(tx, case(tx, 100), None, limit=1)
    content, doubted = runtime.content, Recipient(None, doubted=True)

    def leaving(to: Recipient, *, answers: bool) -> Leave:
        return leave(content, content.calendar, found, to, "rejected", answers, NOW)

    waiting = leaving(doubted, answers=False)
    assert (waiting.muted, waiting.held) == (True, OWNER)
    assert not leaving(doubted, answers=True).muted
    assert not leaving(Recipient(None), answers=False).muted


def test_a_question_that_took_the_place_of_another_asks_whose_phone_it_is(runtime: Runtime) -> None:
    with runtime.db.transaction() as tx:
        phone = case(tx, 100)
        asked.ask(tx, phone, "subject", "24839174", None, NOW - timedelta(days=99))
        assert len(ownership.ask(tx, runtime.content, {phone: "en"}, NOW)) == 1
        question = asked.find(tx, phone)
    assert question is not None
    assert (question.kind, question.reference) == ("owner", None)


def test_a_notice_of_an_old_case_gives_way_to_the_question(runtime: Runtime, post: PostOffice) -> None:
    with runtime.db.transaction() as tx:
        phone, other = case(tx, days_ago=200), case(tx, days_ago=2)
        tx.execute(sa.text("UPDATE gateway.event SET relayed_at = now()"))
        tx.execute(sa.text("UPDATE application SET state = 'DOCS_REQUIRED'"))
    post.relay()
    with runtime.db.transaction() as tx:
        written = tx.execute(sa.text("SELECT phone, kind, state, held FROM gateway.message ORDER BY id")).all()
    assert {tuple(row) for row in written} == {
        (phone, "docs", "muted", OWNER),
        (phone, ownership.KIND, "queued", None),
        (other, "docs", "queued", None),
    }
