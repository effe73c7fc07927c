"""Who learns what by SMS: owners, strangers, relatives with the card, guessers, new owners of old numbers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from flask import Flask

from gateway.app import create_app
from gateway.runtime import Runtime
from menus import references
from tests.conversation import Conversation
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

CARD = "199012345678"
WATER = ("2", "1", CARD, "1", "1", *JOURNEYS[0].answers, "1")


@pytest.fixture
def owner(handset: Handset, post: PostOffice) -> Conversation:
    handset.dial().press(*WATER).ends()
    return Conversation(handset, post)


@pytest.fixture
def stranger(app: Flask, post: PostOffice) -> Conversation:
    return Conversation(Handset(poster(app)), post)


def unknown(owner: Conversation) -> str:
    return next(r for r in map(references.make, range(3_000_000, 3_000_009)) if r != owner.handset.reference)


@pytest.mark.parametrize("form", ["{r}", "{r} 1", "{r} 0000", "الغاء {r}", "اعتراض {r}", "{r} ملاحظة", "STOP {r}"])
def test_a_stranger_reads_the_same_of_a_foreign_and_of_an_unknown_reference(
    owner: Conversation, stranger: Conversation, form: str
) -> None:
    foreign = stranger.says(form.format(r=owner.handset.reference)).last
    assert stranger.says(form.format(r=unknown(owner))).last == foreign
    assert owner.handset.reference not in foreign[0]


def test_a_relative_with_the_last_digits_of_the_card_gets_one_word(owner: Conversation, stranger: Conversation) -> None:
    reference = owner.handset.reference
    stranger.says(f"{reference} 1111").hears("لا يوجد طلب")
    stranger.says(f"{reference} {CARD[-4:]}").hears(reference, "قيد الإنجاز")
    assert "ماء" not in stranger.last[0]


def test_a_complaint_is_told_to_nobody_else_even_with_the_card(handset: Handset, stranger: Conversation) -> None:
    grievance = next(each for each in JOURNEYS if each.service == "grievance")
    handset.dial().press("5", "1", CARD, "1", "1", *grievance.answers, "1").ends()
    stranger.says(f"{handset.reference} {CARD[-4:]}").hears("لا يوجد طلب")


def test_guessing_ends_after_five_references_a_day_with_an_alert(
    owner: Conversation, stranger: Conversation, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    guesses = [references.make(number) for number in range(3_000_000, 3_000_007)]
    answers = [stranger.says(guess).last for guess in guesses]
    assert ["لا يوجد طلب" in said[0] for said in answers[:5]] == [True] * 5
    assert "رسائل كثيرة" in answers[5][0]
    assert answers[6] == []
    assert "alert" in caplog.text
    assert stranger.phone not in caplog.text
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT phone, reason FROM gateway.quarantine").fetchall() == [
            (stranger.phone, "references")
        ]
    stranger.says(owner.handset.reference).hears_nothing()
    owner.says(owner.handset.reference).hears(owner.handset.reference)


@pytest.fixture
def months_later(
    runtime: Runtime, owner: Conversation, post: PostOffice, at: Callable[[datetime], Runtime]
) -> Conversation:
    """The same number a hundred days after its owner last used it."""
    later = Handset(poster(create_app(at(datetime.now(UTC) + timedelta(days=100)))), owner.phone)
    later.transcript, later.screen = owner.handset.transcript, owner.handset.screen
    return Conversation(later, post)


def test_a_number_silent_for_months_is_asked_whose_it_is_before_anything_is_told(months_later: Conversation) -> None:
    reference = months_later.handset.reference
    months_later.says(reference).hears("هل ما زلت").says("طلبي").hears("هل ما زلت")
    months_later.says("مساعدة").hears("أرسل رقم الطلب").says("1").hears(reference, "مستلم")
    months_later.says("طلبي").hears(reference)


@pytest.mark.parametrize(("said", "heard"), [("1", "بانتظار المستمسكات"), ("2", "لن نرسل")])
def test_a_notice_to_a_silent_number_waits_until_its_owner_has_answered(
    months_later: Conversation, at: Callable[[datetime], Runtime], database_url: str, said: str, heard: str
) -> None:
    reference, phone = months_later.handset.reference, months_later.phone
    office = PostOffice(at(datetime.now(UTC) + timedelta(days=100)), database_url)
    for state in ("DOCS_REQUIRED", "UNDER_REVIEW"):
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE application SET state = %s", ["DOCS_REQUIRED" if said == "1" else state])
        office.relay()
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT kind, held FROM gateway.message WHERE state <> 'sent' ORDER BY id"
        ).fetchall()
        sendable = connection.execute(
            "SELECT kind, text FROM gateway.message WHERE phone = %s AND state = 'queued' AND kind <> 'ack'", [phone]
        ).fetchall()
    assert ("docs", "owner asked") in found
    assert [kind for kind, _ in sendable] == ["confirm_owner"]
    assert reference not in sendable[0][1]
    months_later.says(said).hears(heard)


def test_its_new_owner_sees_and_hears_nothing_of_the_old_requests(
    months_later: Conversation, database_url: str, post: PostOffice
) -> None:
    reference = months_later.handset.reference
    months_later.says("وين طلبي").hears("هل ما زلت").says("2").hears("لن نرسل")
    months_later.says(reference).hears("لا يوجد طلب").says("طلبي").hears("لا توجد طلبات")
    before = post.texts_to(months_later.phone)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
    post.relay()
    with psycopg.connect(database_url) as connection:
        ((state,),) = connection.execute("SELECT state FROM gateway.message ORDER BY id DESC LIMIT 1").fetchall()
    assert state == "muted"
    assert len(post.texts_to(months_later.phone)) == len(before) + 1
    months_later.handset.dial().press("6").sees("لا توجد طلبات")
