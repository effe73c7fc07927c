"""The USSD callback on Africa's Talking's wire, with real PostgreSQL and Redis behind it."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask

from gateway.runtime import Runtime
from tests.fixtures import SECRET, PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER, Journey

WATER = JOURNEYS[0]


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.service)
@pytest.mark.parametrize("opening", [(), ("9",)], ids=["ar", "en"])
def test_a_stranger_applies_and_gets_reference_and_receipt(
    handset: Handset, post: PostOffice, journey: Journey, opening: tuple[str, ...]
) -> None:
    reference = handset.dial().press(*opening, *journey.keys).ends().reference
    (receipt,) = post.texts_to(handset.phone)
    assert reference in receipt


def test_language_consent_card_and_place_are_asked_once(handset: Handset) -> None:
    handset.dial().sees("خدمات ميسان").press("9").sees("Missan services").press("2").sees("We use your phone number")
    handset.press("1").sees("National card").press("1").sees("District?").press("2").sees("Where in Kahla?").press("2")
    handset.sees("Water service?").press(*WATER.answers, "1").ends()
    handset.dial().sees("Missan services").press("2").sees("Water service?").press("1", "1")
    handset.sees("Are you in Musharrah?").press("1").sees("Plot number")


def test_another_place_can_be_said_and_is_kept(handset: Handset) -> None:
    handset.dial().press(*WATER.keys).ends()
    handset.dial().press("2", "1", "1", "2").sees("القضاء؟").press("2", "1", "1234", "0", "1", "1").ends()
    handset.dial().press("2", "1", "1").sees("الكحلاء")


def test_a_kept_place_that_is_none_any_more_is_asked_anew(handset: Handset, database_url: str) -> None:
    handset.dial().press(*WATER.keys).ends()
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE gateway.person SET place = '79' WHERE phone = %s", [handset.phone])
    handset.dial().press("2").sees("القضاء؟").press(*STRANGER[2:], *WATER.answers, "1").ends()


def test_who_does_not_consent_leaves_nothing_behind(handset: Handset, post: PostOffice) -> None:
    handset.dial().press("2", "2").ends("لم نسجل شيئا")
    assert post.texts_to(handset.phone) == []


def test_nought_goes_back_to_the_question_before_and_to_the_menu(handset: Handset) -> None:
    handset.dial().press("2").press(*STRANGER).sees("خدمة الماء؟").press("1").sees("نوع الاستعمال؟")
    handset.press("0").sees("خدمة الماء؟").press("0").sees("أين في العمارة؟").press("0").sees("القضاء؟")
    handset.press("0", "0", "0").sees("خدمات ميسان")


def test_a_wrong_answer_asks_again_and_the_third_ends_politely(handset: Handset) -> None:
    handset.dial().press(*WATER.open, *STRANGER).press("7").sees("غير صحيح (2 من 3)", "خدمة الماء؟")
    handset.press("abc").sees("غير صحيح (3 من 3)").press("99").ends()


def test_a_right_answer_after_a_wrong_one_starts_the_count_again(handset: Handset) -> None:
    handset.dial().press(*WATER.open, *STRANGER).press("7", "1").press("9").sees("(2 من 3)")


@pytest.mark.parametrize("typed", ["١٢٣٤", "۱۲۳۴", " 1234 ", "12 34"])
def test_digits_of_any_script_are_the_same_answer(handset: Handset, typed: str) -> None:
    handset.dial().press(*WATER.open, *STRANGER, "1", "1", typed).sees("رقم حساب ماء")


def test_an_input_with_a_star_is_one_wrong_answer_not_two_right_ones(handset: Handset) -> None:
    handset.dial().press("2*1").sees("غير صحيح").press("2").sees("نستعمل رقم هاتفك")


def test_an_over_long_answer_is_a_wrong_answer(handset: Handset) -> None:
    handset.dial().press(*WATER.open, *STRANGER, "1", "1", "9" * 200).sees("غير صحيح", "رقم القطعة")


def test_the_review_can_be_corrected_before_it_is_sent(handset: Handset) -> None:
    handset.dial().press("9", *WATER.open, *STRANGER, *WATER.answers).sees("Plot: 1234").press("2")
    handset.sees("Correct which answer?", "plot number")
    key = next(line.split(" ")[0] for line in handset.screen.splitlines() if "plot number" in line)
    handset.press(key).sees("Plot number").press("77").sees("Plot: 77").press("1").ends()


def test_a_review_can_be_dropped(handset: Handset, post: PostOffice) -> None:
    handset.dial().press(*WATER.open, *STRANGER, *WATER.answers, "0").sees("خدمات ميسان")
    assert post.texts_to(handset.phone) == []


def test_a_long_screen_pages_with_8_and_back_with_0_and_keeps_its_numbers(handset: Handset) -> None:
    handset.dial().press(*WATER.open, *STRANGER, *WATER.answers).sees("تأكيد", "8 المزيد")
    first = handset.screen
    handset.press("8").sees("1 أرسل", "0 ")
    if "0 رجوع" in handset.screen:
        handset.press("0")
        assert handset.screen == first


def test_every_repeat_of_a_hop_gets_the_same_bytes_and_changes_nothing(handset: Handset, post: PostOffice) -> None:
    handset.dial()
    screens = [(handset.transcript, handset.screen)]
    for key in WATER.keys:
        handset.press(key)
        screens.append((handset.transcript, handset.screen))
    for transcript, screen in [*reversed(screens), *screens]:
        handset.transcript = transcript
        assert handset.send().screen == screen
    assert len(post.texts_to(handset.phone)) == 1


def test_concurrent_repeats_of_the_last_hop_are_one_application(app: Flask, handset: Handset, post: PostOffice) -> None:
    handset.dial().press(*WATER.keys[:-1])
    copies = []
    for _ in range(6):
        copy = Handset(poster(app), handset.phone)
        copy.session, copy.transcript = handset.session, f"{handset.transcript}*1"
        copies.append(copy)
    with ThreadPoolExecutor(6) as pool:
        screens = {copy.screen for copy in pool.map(lambda copy: copy.send(), copies)}
    assert len(screens) == 1
    assert len(post.texts_to(handset.phone)) == 1


def test_redis_flushed_in_mid_session_is_not_noticed(runtime: Runtime, handset: Handset, post: PostOffice) -> None:
    handset.dial().press("9")
    for key in WATER.keys:
        runtime.redis.flushdb()
        handset.press(key)
    reference = handset.ends().reference
    runtime.redis.flushdb()
    assert handset.send().ends().reference == reference
    assert len(post.texts_to(handset.phone)) == 1


def test_a_move_repeated_after_redis_was_flushed_is_not_made_again(
    runtime: Runtime, handset: Handset, post: PostOffice
) -> None:
    handset.dial().press(*WATER.keys).ends()
    handset.dial().press("6", "1")
    key = next(line.split(" ")[0] for line in handset.screen.splitlines() if "سحب" in line)
    end = handset.press(key, "1").ends("مسحوب").screen
    before = post.texts_to(handset.phone)
    runtime.redis.flushdb()
    assert handset.send().screen == end
    assert post.texts_to(handset.phone) == before


def test_a_late_hop_after_the_end_gets_the_end_again(handset: Handset) -> None:
    end = handset.dial().press(*WATER.keys).ends().screen
    handset.transcript += "*1"
    assert handset.send().screen == end


def test_a_transcript_that_does_not_follow_gets_the_last_screen(handset: Handset) -> None:
    screen = handset.dial().press("2", "1").screen
    handset.transcript = "5*9*9"
    assert handset.send().screen == screen
    handset.transcript = "2*1"
    handset.press("1").sees("القضاء؟")


def test_another_phone_inside_a_session_is_refused_and_does_no_harm(app: Flask, handset: Handset) -> None:
    handset.dial().press("2", "1")
    thief = Handset(poster(app))
    thief.session, thief.transcript = handset.session, f"{handset.transcript}*1"
    thief.send().ends("نعتذر")
    handset.press("1").sees("القضاء؟")


def test_a_dialled_tail_answers_the_first_screens(handset: Handset) -> None:
    handset.dial("2*1").sees("رقم البطاقة الوطنية").press("1").sees("القضاء؟")


def test_my_requests_show_state_date_and_office_and_can_be_withdrawn(handset: Handset, post: PostOffice) -> None:
    reference = handset.dial().press(*WATER.keys).ends().reference
    handset.dial().press("6").sees(reference, "مستلم").press("1").sees(reference, "مستلم حتى", "ماء ميسان")
    key = next(line.split(" ")[0] for line in handset.screen.splitlines() if "سحب" in line)
    handset.press(key).sees("سحب").press("2").sees("مستلم").press(key, "1").ends("مسحوب")
    assert "سحب" in post.texts_to(handset.phone)[-1]


def test_a_phone_without_cases_is_told_so(handset: Handset) -> None:
    handset.dial().press("6").sees("لا توجد طلبات").press("0").sees("خدمات ميسان")


def test_the_same_farm_request_twice_in_a_season_is_told_the_first_reference(handset: Handset) -> None:
    inputs = next(each for each in JOURNEYS if each.service == "inputs")
    first = handset.dial().press(*inputs.keys).ends().reference
    handset.dial().press("4", "1", "1", "1", "40", "1", "3", "1", "1").ends("مفتوح", first)


FORM = {
    "phoneNumber": "+9647700000001",
    "serviceCode": "*964#",
    "text": "",
    "sessionId": "ATUid_1",
    "networkCode": "41820",
}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sessionId": None}, "no session id"),
        ({"sessionId": ""}, "empty session id"),
        ({"sessionId": "x" * 500}, "session id too long"),
        ({"phoneNumber": None}, "no phone"),
        ({"phoneNumber": "nobody"}, "phone is none"),
        ({"serviceCode": None}, "no code"),
        ({"text": None}, "no text"),
        ({"text": "1*" * 2000}, "text too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hop_that_cannot_be_read_ends_in_polite_words(
    app: Flask, changed: dict[str, str | None], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    form = {name: value for name, value in (FORM | changed).items() if value is not None}
    answer = app.test_client().post(f"/at/{SECRET}/ussd", data=form)
    assert (answer.status_code, answer.text[:4], answer.content_type) == (200, "END ", "text/plain; charset=utf-8")
    assert "نعتذر" in answer.text
    assert "7700000001" not in caplog.text
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"text":""}', "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"text=%ff%fe&sessionId=a&phoneNumber=%2B9647700000001&serviceCode=1", "application/x-www-form-urlencoded"),
        (b"text=&text=1&sessionId=a&phoneNumber=%2B9647700000001&serviceCode=1", "application/x-www-form-urlencoded"),
        (b"text=" + b"1" * 20_000, "application/x-www-form-urlencoded"),
        (b"text=" + b"1" * 200_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    ],
    ids=["json", "empty", "not utf-8", "field twice", "oversized", "far oversized", "many fields", "multipart"],
)
def test_a_body_that_is_no_form_ends_in_polite_words(app: Flask, body: bytes, content_type: str) -> None:
    answer = app.test_client().post(f"/at/{SECRET}/ussd", data=body, content_type=content_type)
    assert (answer.status_code, answer.text[:4]) == (200, "END ")


@pytest.mark.parametrize("path", ["ussd", "ussd/ended", "sms", "delivery", "optout"])
def test_every_callback_refuses_a_wrong_secret_and_a_wrong_method(app: Flask, path: str) -> None:
    client = app.test_client()
    assert client.post(f"/at/not-the-secret/{path}", data=FORM).status_code == 404
    assert client.post(f"/at/{SECRET}x/{path}", data=FORM).status_code == 404
    assert client.get(f"/at/{SECRET}/{path}").status_code == 405
    assert client.put(f"/at/{SECRET}/{path}").status_code == 405


def test_the_older_secret_is_good_while_secrets_rotate(app: Flask) -> None:
    assert app.test_client().post("/at/the-older-secret/ussd", data=FORM).text.startswith("CON ")


def test_a_plus_that_was_not_encoded_is_still_the_phone(app: Flask) -> None:
    body = "phoneNumber=+9647700000009&serviceCode=*964%23&text=&sessionId=s1"
    form = "application/x-www-form-urlencoded"
    answer = app.test_client().post(f"/at/{SECRET}/ussd", data=body, content_type=form)
    assert answer.text.startswith("CON ")


def test_the_end_of_a_session_is_kept_once(app: Flask, runtime: Runtime, database_url: str) -> None:
    event = {"date": "2026-01-02 03:04:05", "sessionId": "ATUid_9", "status": "Incomplete", "cost": "KES 0.10"}
    event |= {"phoneNumber": "+9647700000001", "durationInMillis": "31042", "hopsCount": "2", "input": "1*1234"}
    client = app.test_client()
    assert [client.post(f"/at/{SECRET}/ussd/ended", data=event).status_code for _ in range(2)] == [200, 200]
    assert client.post(f"/at/{SECRET}/ussd/ended", data={"date": "x"}).status_code == 200
