"""The five services by SMS alone: forms filled by text, handed over to USSD and back, and the office answered."""

from typing import Any

import psycopg
import pytest
from flask import Flask

from menus.gsm import segments
from tests.conversation import Conversation
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER, Journey

OPENING = {
    "water": ("ماء",), "permit": ("اجازة بناء",), "school": ("تسجيل ابني",), "inputs": ("زراعة", "1"),
    "produce": ("زراعة", "2"), "grievance": ("عندي شكوى",),
}  # fmt: skip


@pytest.fixture
def citizen(handset: Handset, post: PostOffice) -> Conversation:
    return Conversation(handset, post)


def rows(database_url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query, values).fetchall()


def move(database_url: str, post: PostOffice, reference: str, state: str, **details: object) -> None:
    """What the portal does."""
    with psycopg.connect(database_url) as connection:
        update = "UPDATE application SET state = %s, details = details || %s WHERE reference = %s"
        connection.execute(update, [state, psycopg.types.json.Jsonb(details), reference])
    post.relay()
    post.deliver()


def apply(citizen: Conversation, journey: Journey) -> str:
    return citizen.says(*OPENING[journey.service], *STRANGER, *journey.answers, "1").reference


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.service)
def test_every_service_is_applied_for_by_arabic_texts_alone(
    citizen: Conversation, database_url: str, journey: Journey
) -> None:
    reference = apply(citizen, journey)
    citizen.hears("استلمنا")
    ((service, channel, phone),) = rows(database_url, "SELECT service, channel, phone FROM application")
    assert (service, channel, phone) == (journey.service, "sms", citizen.phone)
    citizen.says(reference).hears(reference, "حتى")
    citizen.says("وين معاملتي").hears(reference)
    assert all(segments(text) <= 2 for text in citizen.post.texts_to(citizen.phone))


def test_the_same_answers_by_ussd_and_by_sms_make_the_same_case(
    citizen: Conversation, app: Flask, database_url: str
) -> None:
    water = JOURNEYS[0]
    apply(citizen, water)
    Handset(poster(app)).dial().press(*water.keys).ends()
    first, second = rows(database_url, "SELECT service, place, language, answers, directorate FROM application")
    assert first == second


def test_choices_are_also_understood_by_their_words(citizen: Conversation, database_url: str) -> None:
    citizen.says("ماء", "موافق", "لا أملكها", "العمارة", "1", "اشتراك جديد", "دار", "١٢٣٤", "لا يوجد", "مقياس")
    citizen.hears("تأكيد", "دار").says("نعم").hears("استلمنا")
    ((answers,),) = rows(database_url, "SELECT answers FROM application")
    assert (answers["request"], answers["use"], answers["plot"]) == ("new", "home", "1234")


def test_an_answer_is_taken_back_skipped_paused_and_taken_up_hours_later(citizen: Conversation) -> None:
    citizen.says("ماء", *STRANGER, "1").hears("الاستعمال")
    citizen.says("رجوع").hears("خدمة الماء").says("1", "1").hears("رقم القطعة")
    citizen.says("تخطي").hears("الجيران")  # the plot may be unknown
    citizen.says("لاحقا").hears("24 ساعة")
    citizen.says("24839174").hears("لا يوجد طلب")  # anything else meanwhile
    citizen.says("اكمل").hears("الجيران").says("كلام آخر").hears("غير صحيح", "الجيران")
    citizen.says("0", "1").hears("تأكيد").says("1").hears("استلمنا")


def test_a_question_that_needs_an_answer_is_not_skipped(citizen: Conversation) -> None:
    citizen.says("ماء", *STRANGER).hears("خدمة الماء").says("تخطي").hears("يحتاج جوابا", "خدمة الماء")


def test_an_unfinished_form_is_deleted_after_a_yes(citizen: Conversation) -> None:
    citizen.says("ماء", *STRANGER, "1", "الغاء").hears("نحذف").says("لا").hears("لم نغير")
    citizen.says("الغاء", "نعم").hears("حذفنا").says("اكمل").hears("ليس لديك")


def test_no_consent_leaves_nothing(citizen: Conversation, database_url: str) -> None:
    citizen.says("ماء", "2").hears("لم نسجل")
    assert rows(database_url, "SELECT 1 FROM gateway.draft UNION ALL SELECT 1 FROM gateway.dialogue") == []


def test_begun_by_sms_and_finished_by_ussd_it_is_one_case(citizen: Conversation, database_url: str) -> None:
    citizen.says("ماء", *STRANGER, "1", "1").hears("رقم القطعة")
    citizen.handset.dial().sees("لم يكتمل").press("1").sees("رقم القطعة").press("1234", "0", "1", "1").ends()
    assert rows(database_url, "SELECT count(*) FROM application") == [(1,)]
    citizen.says("اكمل").hears("ليس لديك")


def test_begun_by_ussd_and_finished_by_sms_it_is_one_case(citizen: Conversation, database_url: str) -> None:
    citizen.handset.dial().press("2", *STRANGER, "1", "1").sees("رقم القطعة")
    dropped = {"sessionId": citizen.handset.session, "phoneNumber": citizen.phone, "status": "Incomplete"}
    citizen.handset.post("ussd/ended", dropped)
    citizen.says("اكمل").hears("رقم القطعة").says("1234", "0", "1").hears("تأكيد").says("1").hears("استلمنا")
    assert rows(database_url, "SELECT count(*) FROM application") == [(1,)]
    assert "خدمات ميسان" in citizen.handset.dial().screen


def test_the_life_of_a_water_request_by_text(citizen: Conversation, database_url: str, post: PostOffice) -> None:
    reference = apply(citizen, JOURNEYS[0])
    for state in ("DOCS_REQUIRED", "UNDER_REVIEW"):
        move(database_url, post, reference, state)
    move(database_url, post, reference, "INFO_REQUIRED", question="location")
    citizen.says("خلف جامع الحي").hears(reference, "قيد التدقيق")
    ((details,),) = rows(database_url, "SELECT details FROM application")
    assert details["answer"] == "خلف جامع الحي"
    move(database_url, post, reference, "VISIT_OFFERED", visit_on="2026-12-15", hour=9)
    citizen.says("7").hears("1 قبول", "2 تغيير").says("تغيير").hears("تغيير موعد")
    citizen.says("موافق").hears("تثبت موعد", "15/12").says("1").hears("من قبل", reference)
    move(database_url, post, reference, "FEE_DUE", fee=125000)
    citizen.says(reference).hears("125000")
    for state in ("APPROVED", "COMPLETED"):
        move(database_url, post, reference, state)
    citizen.says("5").hears("شكرا")


def test_a_complaint_is_answered_reopened_and_closed_by_text(
    citizen: Conversation, database_url: str, post: PostOffice
) -> None:
    reference = apply(citizen, next(each for each in JOURNEYS if each.service == "grievance"))
    move(database_url, post, reference, "UNDER_REVIEW")
    move(database_url, post, reference, "RESOLVED", result="اكتمل التصليح")
    citizen.says("غير راض").hears("أعيد فتح")
    move(database_url, post, reference, "UNDER_REVIEW")
    move(database_url, post, reference, "RESOLVED", result="اكتمل التصليح")
    citizen.says("راض")
    assert rows(database_url, "SELECT state FROM application") == [("COMPLETED",)]
    assert not any("شكوى" in text for text in post.texts_to(citizen.phone))


def test_with_two_open_questions_the_reference_says_which(
    citizen: Conversation, database_url: str, post: PostOffice
) -> None:
    first = apply(citizen, JOURNEYS[0])
    second = citizen.says("ماء", "1", "1", "1", "77", "0", "1", "1").reference
    for reference in (first, second):
        for state in ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED"):
            move(database_url, post, reference, state)
    citizen.says("١").hears("أكثر من طلب").says(f"1 {second}")
    assert rows(database_url, "SELECT state FROM application WHERE reference = %s", first) == [("VISIT_OFFERED",)]
    assert rows(database_url, "SELECT state FROM application WHERE reference = %s", second) == [("VISIT_SET",)]
    assert citizen.says(first).hears(first).says("1").last
    assert rows(database_url, "SELECT state FROM application WHERE reference = %s", first) == [("VISIT_SET",)]


def test_an_answer_that_comes_after_the_time_is_told_so(
    citizen: Conversation, database_url: str, post: PostOffice
) -> None:
    reference = apply(citizen, JOURNEYS[0])
    for state in ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET"):
        move(database_url, post, reference, state)
    citizen.says("2").hears("انتهى وقت", reference)


def test_a_closed_request_is_opened_again_by_a_digit(
    citizen: Conversation, database_url: str, post: PostOffice
) -> None:
    reference = apply(citizen, JOURNEYS[0])
    for state in ("DOCS_REQUIRED", "EXPIRED"):
        move(database_url, post, reference, state)
    citizen.says("١")
    assert rows(database_url, "SELECT state FROM application") == [("SUBMITTED",)]


@pytest.mark.parametrize(("said", "state"), [("نعم", "WITHDRAWN"), ("لا", "SUBMITTED")])
def test_a_misspelt_withdrawal_is_asked_twice(citizen: Conversation, database_url: str, said: str, state: str) -> None:
    apply(citizen, JOURNEYS[0])
    citizen.says("cancle").hears("CANCEL", "YES").says("yes").hears("withdrawal").says(said)
    assert rows(database_url, "SELECT state FROM application") == [(state,)]


def test_two_orders_in_one_message_are_not_obeyed_and_a_question_with_one_is(
    citizen: Conversation, database_url: str
) -> None:
    reference = apply(citizen, JOURNEYS[0])
    citizen.says("STOP. English").hears("Nothing was changed")
    assert rows(database_url, "SELECT stopped_at FROM gateway.person WHERE stopped_at IS NOT NULL") == []
    citizen.says(f"حالة {reference} و ايقاف").hears(reference, "أوقفنا")


def test_each_message_is_answered_in_its_own_language_and_digits_in_that_of_the_talk(citizen: Conversation) -> None:
    citizen.says("help").hears("Text your").says("7").hears("did not understand")
    citizen.says("مساعدة").hears("أرسل").says("8").hears("لم نفهم")


@pytest.mark.parametrize("said", ["يم مدرسة البنات قرب البلدية", "الشارع مكسر قبل بيتنا بيت ابو علي"])
def test_words_that_the_office_asked_for_are_its_answer_whatever_else_they_could_mean(
    citizen: Conversation, database_url: str, post: PostOffice, said: str
) -> None:
    reference = apply(citizen, JOURNEYS[0])
    for state in ("DOCS_REQUIRED", "UNDER_REVIEW"):
        move(database_url, post, reference, state)
    move(database_url, post, reference, "INFO_REQUIRED", question="location")
    citizen.says("وين طلبي؟").hears("نقطة دالة").says(said).hears("قيد التدقيق")
    ((details,),) = rows(database_url, "SELECT details FROM application")
    assert details["answer"] == said


@pytest.mark.parametrize(
    ("said", "asks"),
    [("الغوا طلبي رجاء ما اريده بعد", "الغاء"), ("بس كافي لا ترسلون بعد رسائل", "ايقاف"), ("غيرموافق", "غير موافق")],
)
def test_an_order_inside_a_sentence_is_asked_about_first(
    citizen: Conversation, database_url: str, said: str, asks: str
) -> None:
    apply(citizen, JOURNEYS[0])
    before = rows(database_url, "SELECT state, (SELECT stopped_at FROM gateway.person) FROM application")
    citizen.says(said).hears("هل تقصد", asks)
    assert rows(database_url, "SELECT state, (SELECT stopped_at FROM gateway.person) FROM application") == before


def test_a_number_with_its_unit_is_an_answer_and_one_of_another_matter_is_not(citizen: Conversation) -> None:
    citizen.says("ماء", *STRANGER, "1", "1").hears("رقم القطعة")
    citizen.says("شريت سيارة بـ 2010").hears("غير صحيح").says("القطعة رقم ٥٦٧").hears("الجيران")
    citizen.says("ماكو").hears("الأجور")


def test_a_yes_is_for_the_question_that_was_put_last(citizen: Conversation, database_url: str) -> None:
    reference = apply(citizen, JOURNEYS[0])
    citizen.says("الغاء").hears("لتأكيد سحب").says("مدرسة", "1", "1", "202005", "1", "1", "0", "1").hears("تأكيد")
    citizen.says("نعم").hears("استلمنا")
    assert rows(database_url, "SELECT service, state FROM application ORDER BY created_at") == [
        ("water", "SUBMITTED"), ("school", "SUBMITTED")
    ]  # fmt: skip
    citizen.says("اي نعم").hears("سحب طلبك", reference)


def test_stop_in_the_middle_of_a_form_changes_neither_the_form_nor_the_language(citizen: Conversation) -> None:
    citizen.says("ماء", *STRANGER).hears("خدمة الماء").says("STOP").hears("أوقفنا").says("1").hears("نوع الاستعمال")
    citizen.says("دائرة").hears("رقم القطعة")


def test_a_yes_that_answers_no_question_of_the_form_brings_the_question_again(citizen: Conversation) -> None:
    citizen.says("ماء", *STRANGER).says("اي").hears("غير صحيح", "خدمة الماء").says("نقل").hears("نوع الاستعمال")
