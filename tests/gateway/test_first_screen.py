"""What a call shows first is within the smaller budget of a network that puts words of its own before it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from gateway.runtime import Runtime
from tests.fixtures import poster
from tests.handset import Handset
from tests.system.calls import STRICT
from tests.system.journeys import JOURNEYS, STRANGER

WATER = JOURNEYS[0]
NETWORK = STRICT.networks[0]
FIRST = STRICT.budget.first
NAMES = ("11", "21", "31", "41", "42", "51", "61")


@pytest.fixture(autouse=True)
def strict(runtime: Runtime) -> Iterator[None]:
    """The content with a network whose first screens are small."""
    before = runtime.content
    runtime.versions.take(replace(before, operators=(*before.operators, STRICT), digest="with a strict network"))
    yield
    runtime.versions.take(before)


@pytest.fixture
def phone(app: Flask) -> Handset:
    return Handset(poster(app), network=NETWORK)


def is_small(phone: Handset) -> bool:
    assert FIRST is not None
    return FIRST.fits(phone.screen[4:])


def again(app: Flask, phone: Handset) -> Handset:
    """The same phone, for another call."""
    return Handset(poster(app), phone.phone, network=NETWORK)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("in_code", [True, False], ids=["service code", "first transcript"])
def test_whoever_dials_a_name_sees_a_small_first_screen(app: Flask, phone: Handset, name: str, in_code: bool) -> None:
    code, tail = (f"*964*{name}#", "") if in_code else ("*964#", name)
    stranger = Handset(poster(app), code=code, network=NETWORK).dial(tail)
    assert is_small(stranger), stranger.screen
    phone.dial().press(*WATER.keys).ends()
    known = Handset(poster(app), phone.phone, code=code, network=NETWORK).dial(tail)
    assert is_small(known), known.screen


@pytest.mark.parametrize("count", range(1, len((*STRANGER, *WATER.answers)) + 2))
def test_answers_after_the_name_lead_to_a_small_screen(phone: Handset, count: int) -> None:
    phone.dial("*".join(["21", *STRANGER, *WATER.answers, "1"][: count + 1]))
    assert is_small(phone), phone.screen


def test_a_wrong_answer_after_the_name_leads_to_a_small_screen(phone: Handset) -> None:
    assert is_small(phone.dial("21*7")), phone.screen
    assert is_small(phone.dial("31*1*77")), phone.screen


def test_its_pages_keep_their_numbers_and_a_repeat_its_bytes(app: Flask, runtime: Runtime, phone: Handset) -> None:
    phone.dial().press(*WATER.keys).ends()
    call = again(app, phone).dial("21").sees("1 اشتراك جديد", "8 المزيد")
    first = call.screen
    assert call.send().screen == first
    second = call.press("8").sees("4 إلغاء اشتراك").screen
    assert call.press("0").screen == first
    call.press("8", "1").sees("نوع الاستعمال")
    call.transcript = "21"
    assert call.send().screen == first
    call.transcript = "21*8"
    assert call.send().screen == second


def test_a_call_that_is_forgotten_turns_the_pages_that_it_had(app: Flask, runtime: Runtime, phone: Handset) -> None:
    call = phone.dial("21").sees("نستعمل رقم هاتفك", "8 المزيد")
    second = call.press("8").sees("1 موافق").screen
    runtime.redis.flushdb()
    elsewhere = again(app, phone)
    elsewhere.session, elsewhere.transcript, elsewhere.screen = call.session, "21*8", ""
    assert elsewhere.send().screen == second
    elsewhere.press("0").sees("نستعمل رقم هاتفك").press("8", "1").sees("رقم البطاقة")


def test_what_was_done_before_is_said_in_a_small_screen(app: Flask, runtime: Runtime, phone: Handset) -> None:
    done = phone.dial("21").press(*("8", *STRANGER), *WATER.answers, "1").ends("تم")
    runtime.redis.flushdb()
    elsewhere = again(app, phone)
    elsewhere.session, elsewhere.transcript = done.session, done.transcript
    assert elsewhere.send().reference == done.reference
    assert is_small(elsewhere)


def test_the_second_screen_has_the_whole_room(phone: Handset) -> None:
    assert not is_small(phone.dial("31").press("8", *STRANGER, "1").sees("4 الرابع"))
