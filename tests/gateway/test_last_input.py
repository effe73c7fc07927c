"""A wire whose hops hold the last input alone: whole calls, repeats, and what becomes of a call that Redis lost."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from pydantic import SecretStr
from redis import Redis

from gateway import loop
from gateway.app import create_app
from gateway.last_input import REPEAT_S
from gateway.runtime import Runtime
from gateway.settings import SettingsError, load_settings
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.peers import closed_port
from tests.system.journeys import JOURNEYS, STRANGER, Journey

WATER = JOURNEYS[0]
LOST = "نبدأ من جديد"
MENU = "خدمات ميسان"


class Phone(Handset):
    """A phone on such a wire. Its owner takes a few seconds for each screen: so much older are Redis's records then."""

    redis: Redis

    def press(self, *keys: str) -> "Phone":
        """Answer the screens in turn."""
        for key in keys:
            self.wait(REPEAT_S)
            self.press_at_once(key)
        return self

    def press_at_once(self, key: str) -> "Phone":
        """Send a key in the moment in which the screen comes, as nobody can; or a copy of the hop before."""
        self.transcript = key
        return self.send()

    def wait(self, seconds: float) -> None:
        """Time passes: every record is so much nearer to its end."""
        for key in self.redis.keys("s:*"):
            self.redis.pexpire(key, self.redis.pttl(key) - round(seconds * 1000))

    def beside(self, app: Flask) -> "Phone":
        """The same call, its next hop delivered to another process."""
        other = type(self)(poster(app), self.phone, self.code)
        other.session, other.screen, other.redis = self.session, self.screen, self.redis
        return other

    def again(self, code: str = "*964#") -> "Phone":
        """The same phone, to call anew."""
        other = type(self)(self.post, self.phone, code)
        other.redis = self.redis
        return other


@pytest.fixture
def runtime(runtime: Runtime) -> Iterator[Runtime]:
    """The gateway behind a wire that sends the last input alone."""
    settings = runtime.settings.model_copy(update={"ussd_text": "last"})
    changed = replace(runtime, settings=settings)
    yield changed
    loop.run(changed.pipe.close())


@pytest.fixture
def phone(runtime: Runtime, app: Flask) -> Phone:
    """A phone that nobody has used before."""
    phone = Phone(poster(app))
    phone.redis = runtime.redis
    return phone


def lose(phone: Phone) -> None:
    """Redis is flushed."""
    phone.redis.flushdb()


# -- whole calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.service)
def test_a_stranger_applies_in_arabic_and_gets_reference_and_receipt(
    phone: Phone, post: PostOffice, journey: Journey
) -> None:
    reference = phone.dial().sees(MENU).press(*journey.keys).ends("تم").reference
    (receipt,) = post.texts_to(phone.phone)
    assert reference in receipt


def test_a_call_whose_hops_go_to_two_processes_by_turns_is_one_call(
    runtime: Runtime, app: Flask, phone: Phone, post: PostOffice
) -> None:
    apps = [app, create_app(runtime)]
    phone.dial()
    for number, key in enumerate(WATER.keys):
        phone = phone.beside(apps[number % 2]).press(key)
    phone.ends()
    assert len(post.texts_to(phone.phone)) == 1


@pytest.mark.parametrize("wrong", ["2*1", "*", "#", "1#", "*5*", "a*b#c"])
def test_an_input_with_a_star_or_a_hash_is_one_input(app: Flask, phone: Phone, wrong: str) -> None:
    phone.dial().press("2", "1").sees("رقم البطاقة الوطنية").press(wrong).sees("غير صحيح (2 من 3)", "رقم البطاقة")
    screen = phone.screen
    assert phone.send().screen == screen  # its repeat is one as well
    phone.beside(app).press("1").sees("القضاء؟")


def test_the_first_key_may_have_a_star_too(phone: Phone) -> None:
    phone.dial().press("2*1").sees("غير صحيح", MENU).press("2").sees("نستعمل رقم هاتفك")


def test_the_same_key_is_pressed_again_when_the_screen_was_read(phone: Phone) -> None:
    phone.dial().press("2", "1").sees("رقم البطاقة الوطنية").press("1").sees("القضاء؟").press("1").sees(
        "أين في العمارة؟"
    )


# -- repeats -----------------------------------------------------------------------------------------------------


def test_a_repeat_of_any_hop_gets_the_same_bytes_and_changes_nothing(
    runtime: Runtime, phone: Phone, post: PostOffice
) -> None:
    phone.dial()
    for key in ("", *WATER.keys):
        if key:
            phone.press(key)
        screen = phone.screen
        assert phone.send().screen == screen, key
        late = phone.beside(create_app(runtime))
        late.wait(REPEAT_S / 2)
        assert late.press_at_once(key).screen == screen, key
    phone.ends()
    assert len(post.texts_to(phone.phone)) == 1


def test_after_a_swallowed_key_the_next_try_counts(phone: Phone) -> None:
    """A repeat does not start the time anew."""
    phone.dial().press("2", "1").sees("رقم البطاقة الوطنية").press_at_once("1").sees("رقم البطاقة الوطنية")
    phone.press("1").sees("القضاء؟")


@pytest.mark.parametrize("processes", [1, 3])
def test_copies_at_once_are_one_input(
    runtime: Runtime, app: Flask, phone: Phone, post: PostOffice, processes: int
) -> None:
    apps = [app, *(create_app(runtime) for _ in range(processes - 1))]
    phone.dial()
    for key in WATER.keys:
        phone.wait(REPEAT_S)
        copies = [phone.beside(apps[number % processes]) for number in range(6)]
        with ThreadPoolExecutor(6) as pool:
            screens = {copy.screen for copy in pool.map(lambda copy: copy.press_at_once(key), copies)}  # noqa: B023
        assert len(screens) == 1, key
    assert screens.pop().startswith("END ")
    assert len(post.texts_to(phone.phone)) == 1


def test_whatever_comes_after_the_end_gets_the_end_again(phone: Phone) -> None:
    end = phone.dial().press(*WATER.keys).ends().screen
    phone.wait(60)
    for late in ("1", "", "7", "*964#"):
        assert phone.press_at_once(late).screen == end


@pytest.mark.parametrize("late", ["", "*964#", "*964*21#"])
def test_nothing_sent_or_a_late_copy_of_what_was_dialled_gets_the_present_screen(phone: Phone, late: str) -> None:
    screen = phone.dial(late).press("2", "1").screen if late != "*964*21#" else phone.dial(late).press("1").screen
    phone.wait(60)
    assert phone.press_at_once(late).screen == screen
    phone.press("1").sees("القضاء؟")


def test_another_phone_inside_a_session_is_refused_and_does_no_harm(app: Flask, phone: Phone) -> None:
    phone.dial().press("2", "1")
    thief = Phone(poster(app))
    thief.session = phone.session
    thief.press_at_once("2").ends("نعتذر")
    phone.press("1").sees("القضاء؟")


# -- what is dialled ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "first"),
    [("*964*21#", ""), ("*964#", "*964*21#"), ("*964*21#", "*964*21#"), ("*964*21#", "21"), ("*964#", "21")],
    ids=["code", "dial string", "both", "code and tail", "tail"],
)
def test_a_shortcut_opens_its_service_once(phone: Phone, code: str, first: str) -> None:
    phone = phone.again(code).dial(first).sees("نستعمل رقم هاتفك")
    screen = phone.screen
    assert phone.press_at_once(first).screen == screen
    phone.press(*STRANGER, *WATER.answers, "1").ends("تم")


@pytest.mark.parametrize("first", ["", "*964#", "*964", "964"])
def test_what_a_wire_begins_with_is_no_input(phone: Phone, first: str) -> None:
    phone.dial(first).sees(MENU)
    screen = phone.screen
    assert LOST not in screen
    assert phone.press_at_once(first).screen == screen
    phone.press("2").sees("نستعمل رقم هاتفك")


@pytest.mark.parametrize("first", ["", "2*1"])
def test_a_positional_tail_in_the_service_code_is_played_once(phone: Phone, first: str) -> None:
    phone = phone.again("*964*2*1#").dial(first).sees("رقم البطاقة الوطنية")
    phone.press("1").sees("القضاء؟")


# -- memory lost -------------------------------------------------------------------------------------------------


def test_a_call_that_redis_lost_begins_anew_and_says_so(runtime: Runtime, phone: Phone, post: PostOffice) -> None:
    phone.dial().press(*WATER.keys[:-1])
    lose(phone)
    screen = phone.press("1").sees(LOST, MENU).screen  # it would have sent the form
    assert phone.send().screen == screen
    assert phone.beside(create_app(runtime)).press_at_once("1").screen == screen
    phone.press("2").sees("نستعمل رقم هاتفك")
    assert LOST not in phone.screen
    phone.press(*STRANGER, *WATER.answers, "1").ends("تم")
    assert len(post.texts_to(phone.phone)) == 1


def test_a_process_that_missed_the_later_hops_does_not_go_on_where_it_was(
    runtime: Runtime, app: Flask, phone: Phone
) -> None:
    phone.dial()
    phone.beside(create_app(runtime)).press("3", "1", "1")
    lose(phone)
    phone.press("2").sees(LOST, MENU)


def test_a_lost_call_goes_on_in_its_language(phone: Phone) -> None:
    phone.dial().press("9", "2")
    lose(phone)
    phone.press("1").sees("Sorry, what you entered was lost. We begin again.", "Missan services")


def test_a_lost_call_is_offered_the_form_of_an_earlier_one_until_it_is_deleted(phone: Phone) -> None:
    phone.dial().press(*WATER.open, *STRANGER, "1", "1").sees("رقم القطعة")
    ended = {"sessionId": phone.session, "phoneNumber": phone.phone, "serviceCode": "*964#", "status": "Incomplete"}
    assert phone.post("ussd/ended", ended)[0] == 200
    again = phone.again()
    again.dial().sees("طلب ماء لم يكتمل").press("0").sees(MENU)
    lose(phone)
    again.press("7").sees(LOST, "طلب ماء لم يكتمل").press("3").sees(MENU)
    time.sleep(1)  # nobody loses a call twice in a second
    lose(phone)
    again.press("7").sees(LOST, MENU)


def test_a_lost_call_is_offered_its_own_form_once_it_is_kept(phone: Phone) -> None:
    phone.dial().press(*WATER.open, *STRANGER, "1", "1").sees("رقم القطعة")
    ended = {"sessionId": phone.session, "phoneNumber": phone.phone, "serviceCode": "*964#", "status": "Incomplete"}
    assert phone.post("ussd/ended", ended)[0] == 200
    lose(phone)
    phone.press("1234").sees(LOST, "طلب ماء لم يكتمل").press("1").sees("رقم القطعة")


def test_a_repeat_of_the_last_key_after_redis_was_flushed_sends_nothing_again(phone: Phone, post: PostOffice) -> None:
    end = phone.dial().press(*WATER.keys).ends().screen
    lose(phone)
    assert phone.send().screen == end
    assert len(post.texts_to(phone.phone)) == 1


def test_what_was_done_in_the_lost_part_is_not_taken_for_what_is_done_now(phone: Phone) -> None:
    phone.dial().press(*WATER.keys).ends()
    phone.dial().press("7", "1").sees("اختر رمزا").press("4821").ends()
    phone.dial().press("6", "1").sees("رمزك السري").press("4821").sees("مستلم")
    lose(phone)
    phone.press("0").sees(LOST, MENU).press("6", "1").sees("رمزك السري").press("1111").sees("غير صحيح")


def test_while_redis_is_away_a_call_ends_in_polite_words(runtime: Runtime, phone: Phone) -> None:
    gone = SecretStr(closed_port().replace("http://", "redis://"))
    without = replace(runtime, settings=runtime.settings.model_copy(update={"redis_url": gone}))
    phone.dial().press("2")
    phone.beside(create_app(without)).press("1").ends("نعتذر", "اتصل بالرمز نفسه")


# -- the setting -------------------------------------------------------------------------------------------------


def test_other_wires_are_as_before(session_runtime: Runtime) -> None:
    assert session_runtime.settings.ussd_text == "whole"


@pytest.mark.parametrize(
    ("provider", "text"), [("simulator", "last"), ("africastalking", "Last"), ("africastalking", "sum")]
)
def test_what_no_wire_sends_is_refused(monkeypatch: pytest.MonkeyPatch, provider: str, text: str) -> None:
    monkeypatch.setenv("PROVIDER", provider)
    monkeypatch.setenv("AT_API_KEY", "atsk_1")
    monkeypatch.setenv("USSD_TEXT", text)
    with pytest.raises(SettingsError, match="USSD_TEXT"):
        load_settings()
