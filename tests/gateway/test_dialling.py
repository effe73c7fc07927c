"""What a phone meets when it dials: a name after the code, an office's question, an unfinished form."""

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.runtime import Runtime
from tests.fixtures import PostOffice, poster
from tests.gateway.office import Office
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER

WATER = JOURNEYS[0]


def with_code(app: Flask, tail: str, phone: str | None = None) -> Handset:
    """A phone whose network puts what was dialled into the service code, and starts with an empty transcript."""
    return Handset(poster(app), phone, code=f"*964*{tail}#")


def ask_for_the_plot(runtime: Runtime, app: Flask, reference: str) -> None:
    """A clerk asks for the plot number of a new case."""
    asked = Office(runtime, app).hire("Zahra", "CLERK").act(reference, "ask", 1, question="plot")
    assert asked.status_code == 200, asked.json


def test_a_name_after_the_code_opens_its_service(handset: Handset) -> None:
    handset.dial("21").sees("نستعمل رقم هاتفك").press(*STRANGER).sees("خدمة الماء؟")


def test_a_name_in_the_service_code_opens_its_service(app: Flask) -> None:
    with_code(app, "21").dial().sees("نستعمل رقم هاتفك").press(*STRANGER).sees("خدمة الماء؟")


def test_a_name_that_comes_in_both_places_counts_once(app: Flask) -> None:
    with_code(app, "21").dial("21").sees("نستعمل رقم هاتفك").press("1").sees("رقم البطاقة الوطنية")


@pytest.mark.parametrize("in_code", [True, False], ids=["service code", "first transcript"])
def test_answers_after_the_name_answer_the_questions(app: Flask, handset: Handset, in_code: bool) -> None:
    handset.dial().press(*WATER.keys).ends()
    tail = "21*1*1*1*1234"
    again = with_code(app, tail, handset.phone) if in_code else Handset(poster(app), handset.phone)
    again.dial("" if in_code else tail).sees("رقم حساب ماء").press("0", "1").sees("قطعة: 1234")


@pytest.mark.parametrize("in_code", [True, False], ids=["service code", "first transcript"])
def test_a_shortcut_survives_lost_memory(
    app: Flask, runtime: Runtime, handset: Handset, post: PostOffice, in_code: bool
) -> None:
    phone = with_code(app, "21").dial() if in_code else handset.dial("21")
    for key in (*STRANGER, *WATER.answers, "1"):
        runtime.redis.flushdb()
        phone.press(key)
    assert phone.ends().reference in post.texts_to(phone.phone)[0]


# How a wire tells what was dialled: (in the service code, in the first transcript).
TAILS = pytest.mark.parametrize(
    ("in_code", "in_text"), [(True, False), (False, True), (True, True)], ids=["code", "transcript", "both"]
)


def dialled(app: Flask, tail: str, in_code: bool, in_text: bool) -> Handset:
    """A phone that has dialled the tail on such a wire."""
    phone = with_code(app, tail) if in_code else Handset(poster(app))
    return phone.dial(tail if in_text else "")


@TAILS
def test_positions_after_the_code_are_played_once(app: Flask, post: PostOffice, in_code: bool, in_text: bool) -> None:
    phone = dialled(app, "2*1", in_code, in_text).sees("رقم البطاقة الوطنية")
    screen = phone.screen
    assert phone.send().screen == screen
    phone.press(*STRANGER[1:], *WATER.answers, "1")
    assert phone.ends().reference in post.texts_to(phone.phone)[0]


@TAILS
@pytest.mark.parametrize("tail", ["2*1", "2*1*1*1*1", "4*1*1", "9*2"])
def test_positions_survive_lost_memory_at_every_hop(
    app: Flask, runtime: Runtime, tail: str, in_code: bool, in_text: bool
) -> None:
    keys = ("1", "2", "7", "2")
    known = Handset(poster(app)).dial(tail)
    screens = [known.screen, *(known.press(key).screen for key in keys)]
    phone = dialled(app, tail, in_code, in_text)
    for key, screen in zip(("", *keys), screens, strict=True):
        runtime.redis.flushdb()
        phone.post = poster(create_app(runtime))  # nor does the process remember anything
        phone = phone.press(key) if key else phone.send()
        assert phone.screen == screen, key
        assert phone.send().screen == screen, key


def test_an_unknown_name_is_a_wrong_answer(handset: Handset) -> None:
    handset.dial("77").sees("غير صحيح", "خدمات ميسان")


def test_a_name_dialled_alone_brings_up_its_own_unfinished_form(app: Flask, runtime: Runtime, handset: Handset) -> None:
    handset.dial("21").press(*STRANGER, "1", "1").sees("رقم القطعة")
    Handset(poster(app), handset.phone).dial("11").sees("نستعمل رقم هاتفك")
    again = Handset(poster(app), handset.phone).dial("21").sees("طلب ماء لم يكتمل")
    runtime.redis.flushdb()
    again.press("1").sees("رقم القطعة")


def test_a_waiting_question_comes_first_and_then_the_menu(
    app: Flask, runtime: Runtime, handset: Handset, post: PostOffice
) -> None:
    reference = handset.dial().press("9", *WATER.keys).ends().reference
    ask_for_the_plot(runtime, app, reference)
    again = Handset(poster(app), handset.phone).dial().sees(reference, "Needs your reply", "plot number")
    key = next(line.split(" ")[0] for line in again.screen.splitlines() if "Answer" in line)
    again.press("0").sees("Missan services")
    Handset(poster(app), handset.phone).dial().press(key).sees("Plot number").press("77").ends("Received")
    Handset(poster(app), handset.phone).dial().sees("Missan services")


def test_an_unfinished_form_comes_after_the_question(app: Flask, runtime: Runtime, handset: Handset) -> None:
    reference = handset.dial().press("9", *WATER.keys).ends().reference
    ask_for_the_plot(runtime, app, reference)
    Handset(poster(app), handset.phone).dial("31*1").sees("grade")
    again = Handset(poster(app), handset.phone).dial().sees(reference)
    runtime.redis.flushdb()
    again.press("0").sees("unfinished school").press("0").sees("Missan services")
