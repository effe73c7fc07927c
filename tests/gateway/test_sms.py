"""Incoming SMS on Africa's Talking's wire: stored once, answered once, and told only to the owner."""

import uuid
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from pydantic import SecretStr

from gateway import sms
from gateway.app import create_app
from gateway.runtime import Runtime, build
from tests.fixtures import SECRET, PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

WATER = JOURNEYS[0]


@pytest.fixture
def applied(handset: Handset) -> Handset:
    """A phone with one water request; its reference is on the screen."""
    return handset.dial().press(*WATER.keys).ends()


@pytest.mark.parametrize(
    "written",
    ["{r}", " {r} ", "{a} {b}", "{a}-{b}", "\u200f{r}\u200f", "رقم الطلب {r}", "status {r}", "{r}."],
)
def test_the_owner_gets_state_date_and_office_however_the_reference_is_written(
    applied: Handset, post: PostOffice, written: str
) -> None:
    reference = applied.reference
    applied.texts(written.format(r=reference, a=reference[:4], b=reference[4:]))
    _, status = post.texts_to(applied.phone)
    assert reference in status
    assert "/" in status
    assert "مستلم" in status or "Received" in status


def test_arabic_indic_digits_are_a_reference(applied: Handset, post: PostOffice) -> None:
    applied.texts(applied.reference.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")))
    assert applied.reference in post.texts_to(applied.phone)[-1]


def test_another_phone_gets_what_an_unknown_reference_gets(app: Flask, applied: Handset, post: PostOffice) -> None:
    stranger = Handset(poster(app))
    stranger.texts(applied.reference).texts("24839174" if applied.reference != "24839174" else "57120483")
    foreign, unknown = post.texts_to(stranger.phone)
    assert foreign == unknown
    assert applied.reference not in foreign


def test_a_wrong_check_digit_is_said_to_be_wrong(applied: Handset, post: PostOffice) -> None:
    last = (int(applied.reference[-1]) + 1) % 10
    applied.texts(f"{applied.reference[:-1]}{last}")
    assert "غير صحيح" in post.texts_to(applied.phone)[-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("مساعدة", "أرسل رقم الطلب"),
        ("HELP", "Text your request number"),
        ("", "أرسل رقم الطلب"),
        ("?", "أرسل رقم الطلب"),
        ("what is the weather", "did not understand"),
        ("كلام غير مفهوم", "لم نفهم"),
        ("7", "لم نفهم"),
        ("ايقاف", "أوقفنا"),
        ("STOP", "stopped"),
        ("بدء", "عادت"),
        ("WATER", "1 Agree"),
        ("شكوى", "1 موافق"),
    ],
)
def test_every_text_gets_one_answer_in_its_language(handset: Handset, post: PostOffice, text: str, words: str) -> None:
    handset.texts(text)
    (answer,) = post.texts_to(handset.phone)
    assert words in answer


def test_the_language_of_a_phone_can_be_changed_by_sms(handset: Handset, post: PostOffice) -> None:
    handset.texts("english").texts("7")
    assert "We did not understand" in post.texts_to(handset.phone)[-1]
    handset.dial().sees("Missan services")


def test_a_message_delivered_twice_is_answered_once(handset: Handset, post: PostOffice) -> None:
    number = str(uuid.uuid4())
    handset.texts("HELP", number).texts("HELP", number)
    assert len(post.texts_to(handset.phone)) == 1


def test_after_stop_a_change_is_recorded_but_not_sent(applied: Handset, database_url: str, post: PostOffice) -> None:
    applied.texts("STOP")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE application SET state = 'DOCS_REQUIRED' WHERE reference = %s", [applied.reference])
    assert post.relay() == 1
    with psycopg.connect(database_url) as connection:
        states = connection.execute("SELECT kind, state FROM gateway.message ORDER BY id").fetchall()
    assert states[-1] == ("docs", "muted")


@pytest.fixture
def moved(applied: Handset, database_url: str, post: PostOffice) -> Callable[..., None]:
    """Move the water request as the portal does, and let the relay tell."""

    def move(*states: str, **details: object) -> None:
        for state in states:
            with psycopg.connect(database_url) as connection:
                values = [state, psycopg.types.json.Jsonb(details), applied.reference]
                update = "UPDATE application SET state = %s, details = details || %s WHERE reference = %s"
                connection.execute(update, values)
            post.relay()

    return move


def test_a_bare_digit_answers_the_one_open_question_and_brings_one_sms(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", visit_on="2026-12-15", hour=9)
    assert "15/12" in post.texts_to(applied.phone)[-1]
    before = len(post.texts_to(applied.phone))
    applied.texts("1")
    assert len(post.texts_to(applied.phone)) == before + 1
    applied.dial().press("6").sees("موعد كشف")


def test_a_digit_that_is_no_choice_is_said_to_be_none(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED")
    applied.texts("7")
    assert "غير مقبول" in post.texts_to(applied.phone)[-1]


def test_the_offices_question_is_answered_by_text_and_the_case_returns(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW")
    moved("INFO_REQUIRED", question="plot")
    assert "رقم القطعة" in post.texts_to(applied.phone)[-1]
    applied.texts("77")
    applied.dial().press("6").sees("قيد التدقيق")


def test_the_offices_question_is_answered_by_ussd(applied: Handset, moved: Callable[..., None]) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW")
    moved("INFO_REQUIRED", question="plot")
    applied.dial().sees("يحتاج ردك", "رقم القطعة")
    key = next(line.split(" ")[0] for line in applied.screen.splitlines() if "أجب" in line)
    applied.press(key).sees("رقم القطعة").press("abc").sees("غير صحيح").press("77").ends("قيد التدقيق")


def test_a_question_that_is_no_field_is_sent_to_sms_by_the_screen(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    reference = applied.reference
    moved("DOCS_REQUIRED", "UNDER_REVIEW")
    moved("INFO_REQUIRED", question="location")
    applied.dial().press("1").ends("أرسل الجواب برسالة", reference)
    applied.dial().sees("يحتاج ردك")
    applied.texts(f"{reference} قرب جامع النور")
    applied.dial().press("6").sees("قيد التدقيق")


def test_the_reference_alone_is_the_status_even_while_an_answer_is_awaited(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    reference = applied.reference
    moved("DOCS_REQUIRED", "UNDER_REVIEW")
    moved("INFO_REQUIRED", question="account")
    applied.texts(reference)
    assert "يحتاج ردك" in post.texts_to(applied.phone)[-1]


def test_a_rejected_request_is_objected_to_by_the_word(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW", "REJECTED", reason="arrears")
    assert "ديون سابقة" in post.texts_to(applied.phone)[-1]
    applied.texts("اعتراض")
    assert "اعتراضك" in post.texts_to(applied.phone)[-1]


def test_a_request_is_withdrawn_by_a_word_and_a_yes(applied: Handset, post: PostOffice) -> None:
    applied.texts("نعم").texts("الغاء")
    not_yet, asked = post.texts_to(applied.phone)[-2:]
    assert "لم نفهم" in not_yet
    assert applied.reference in asked
    assert "نعم" in asked
    applied.dial().press("6").sees("مستلم")
    applied.texts("نعم")
    assert "سحب طلبك" in post.texts_to(applied.phone)[-1]
    applied.dial().press("6").sees("مسحوب")


def test_a_finished_service_is_rated_once_by_a_digit(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE", "APPROVED", "COMPLETED")
    applied.texts("6").texts("5")
    post.deliver()
    applied.texts(" 5")
    none, thanks, again = post.texts_to(applied.phone)[-3:]
    assert ("شكرا" in none, "شكرا" in thanks, "من قبل" in again) == (False, True, True)


def test_a_finished_service_is_rated_on_the_screen(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE", "APPROVED", "COMPLETED")
    applied.dial().press("6", "1").sees("قيم الخدمة").press("1").sees("5 ممتاز").press("5").ends()
    assert "شكرا" in post.texts_to(applied.phone)[-1]


def test_words_sent_with_the_reference_are_added_to_the_case(
    applied: Handset, post: PostOffice, database_url: str
) -> None:
    applied.texts(f"{applied.reference} الدار خلف المدرسة")
    assert "أضفنا" in post.texts_to(applied.phone)[-1]
    with psycopg.connect(database_url) as connection:
        (details,) = connection.execute("SELECT details FROM application").fetchone() or ({},)
    assert details["note"] == "الدار خلف المدرسة"


def test_a_detail_that_the_portal_left_out_makes_a_true_general_text(
    applied: Handset, moved: Callable[..., None], post: PostOffice
) -> None:
    moved("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED")
    text = post.texts_to(applied.phone)[-1]
    assert applied.reference in text
    assert "{" not in text


@pytest.mark.parametrize("sender", ["5599", "ZAIN", "", "+964", "12345"])
def test_what_is_no_phone_is_stored_and_left_alone(app: Flask, database_url: str, sender: str) -> None:
    form = {"from": sender, "to": "5599", "text": "HELP", "id": str(uuid.uuid4()), "date": "2026-01-02T03:04:05Z"}
    assert app.test_client().post(f"/at/{SECRET}/sms", data=form).status_code == 200
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM gateway.inbound").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM gateway.message").fetchone() == (0,)


@pytest.mark.parametrize("missing", ["from", "text"])
def test_a_form_without_what_it_needs_is_200_so_that_it_is_not_repeated_for_hours(
    app: Flask, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    form = {"from": "+9647700000001", "text": "secret words", "id": "x"}
    del form[missing]
    assert app.test_client().post(f"/at/{SECRET}/sms", data=form).status_code == 200
    assert "cannot be read" in caplog.text
    assert "7700000001" not in caplog.text
    assert "secret words" not in caplog.text


def test_a_message_without_an_id_is_still_answered_once(app: Flask, runtime: Runtime, post: PostOffice) -> None:
    form = {"from": "+9647700000077", "to": "5599", "text": "HELP", "date": "2026-01-02 03:04:05"}
    assert {app.test_client().post(f"/at/{SECRET}/sms", data=form).status_code for _ in range(2)} == {200}
    assert len(post.texts_to("+9647700000077")) == 1


def test_when_the_store_is_away_the_provider_is_asked_to_repeat(runtime: Runtime, closed_port_url: str) -> None:
    settings = runtime.settings.model_copy(update={"database_url": SecretStr(closed_port_url)})
    broken = create_app(build(settings))
    form = {"from": "+9647700000001", "to": "5599", "text": "HELP", "id": "1"}
    assert broken.test_client().post(f"/at/{SECRET}/sms", data=form).status_code == 503
    handset = Handset(poster(broken)).dial().sees("خدمات ميسان")
    handset.press(*WATER.keys[:-1]).press("1").sees("CON ", "أعد المحاولة")


def test_a_message_that_could_not_be_answered_is_answered_by_the_sweep(
    runtime: Runtime, handset: Handset, post: PostOffice, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("handlers.inbox.answer", lambda *_: 1 / 0)
        handset.texts("HELP")
    assert post.texts_to(handset.phone) == []
    with psycopg.connect(database_url) as connection:
        ((number,),) = connection.execute("SELECT id FROM gateway.inbound WHERE handled_at IS NULL").fetchall()
    sms.handle(runtime, number)
    sms.handle(runtime, number)
    assert len(post.texts_to(handset.phone)) == 1
