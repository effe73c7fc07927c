"""Machines and floods are answered at most once, and people can see and release whom the gateway keeps quiet."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask

from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.sms_cli import sms
from handlers.loops import A_DAY
from tests.conversation import Conversation
from tests.fixtures import PostOffice, poster
from tests.handset import Handset


@pytest.fixture
def machine(handset: Handset, post: PostOffice) -> Conversation:
    return Conversation(handset, post)


def reasons(database_url: str) -> list[tuple[str, str]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute("SELECT phone, reason FROM gateway.quarantine ORDER BY id").fetchall()


@pytest.mark.parametrize(
    "text",
    [
        "Auto-reply: I am away until Sunday",
        "رد آلي: شكراً لتواصلكم معنا، سنرد عليك قريبا",
        "I am driving now, I will call you later",
        "لم نفهم رسالتك. أرسل رقم الطلب فقط (8 أرقام) أو كلمة: مساعدة",
        "Request 57120487 is under review at Some Office. We will text you the next step.",
    ],
)
def test_what_machines_write_is_not_answered(machine: Conversation, database_url: str, text: str) -> None:
    machine.says(text).hears_nothing()
    assert reasons(database_url) == [(machine.phone, "automatic")]


def test_a_quote_of_our_own_words_is_no_note_for_the_case(machine: Conversation, database_url: str) -> None:
    machine.handset.dial().press("2", "1", "1", "1", "1", "1", "1", "1234", "0", "1", "1").ends()
    (receipt,) = machine.post.texts_to(machine.phone)
    machine.says(f"We got your message: {receipt}").hears_nothing()
    assert reasons(database_url)[0][1] in ("echo", "automatic")


def test_the_same_unreadable_text_is_answered_once(machine: Conversation, database_url: str) -> None:
    machine.says("Balance: 500 IQD").hears("did not understand")
    machine.says("Balance: 500 IQD").hears_nothing().says("Balance: 500 IQD").hears_nothing()
    assert reasons(database_url) == [(machine.phone, "repeats")]
    machine.says("HELP").hears("Text your request number")


def test_the_same_answer_is_given_five_times_an_hour(machine: Conversation) -> None:
    said = [len(machine.says("HELP").last) for _ in range(7)]
    assert said == [1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("sender", ["5599", "+9647801234567"])
def test_our_own_number_is_never_answered(runtime: Runtime, post: PostOffice, sender: str) -> None:
    settings = runtime.settings.model_copy(update={"sms_number": "07801234567" if "+" in sender else sender})
    own = Handset(poster(create_app(replace(runtime, settings=settings))), sender)
    own.texts("HELP").texts("STOP")
    assert post.texts_to(sender) == []


def test_a_flood_is_told_once_and_then_only_kept_until_the_next_day(
    runtime: Runtime, machine: Conversation, post: PostOffice, database_url: str
) -> None:
    machine.says(*(f"{number} words" for number in range(A_DAY)))
    machine.says("طلبي").hears("رسائل كثيرة")
    machine.says("مساعدة").hears_nothing()
    assert (machine.phone, "flood") in reasons(database_url)
    tomorrow = replace(runtime, now=lambda: runtime.now() + timedelta(days=1))
    Conversation(Handset(poster(create_app(tomorrow)), machine.phone), post).says("مساعدة").hears("أرسل رقم")


def test_two_gateways_whose_answers_go_to_each_other_stop_within_two_messages(
    app: Flask, post: PostOffice, database_url: str
) -> None:
    """Each gateway is a phone to the other: whatever one writes to its number arrives at the other as an SMS."""
    one, other = Handset(poster(app)), Handset(poster(app))
    one.texts("كلام لا معنى له ابدا")
    carried, before = 0, {one.phone: 0, other.phone: 0}
    speaker, listener = one, other
    while len(written := post.texts_to(speaker.phone)) > before[speaker.phone] and carried < 10:
        before[speaker.phone] = len(written)
        listener.texts(written[-1])
        carried += 1
        post.deliver()
        speaker, listener = listener, speaker
    assert carried <= 2


@pytest.mark.parametrize("text", ["Your parcel waits at the shop", "7", "hello there machine", "مرحبا بكم في شركتنا"])
def test_a_machine_that_says_the_same_for_ever_ends_the_talk(machine: Conversation, text: str) -> None:
    said = [len(machine.says(text).last) for _ in range(10)]
    assert sum(said) <= 5
    assert said[5:] == [0] * 5


def test_people_see_and_release_whom_the_gateway_keeps_quiet(
    runtime: Runtime, machine: Conversation, database_url: str
) -> None:
    machine.says("Balance: 500 IQD", "Balance: 500 IQD").hears_nothing()
    listed = CliRunner().invoke(sms, ["quarantine"], obj=lambda: runtime)
    assert (listed.exit_code, "repeats" in listed.output) == (0, True)
    released = CliRunner().invoke(sms, ["release", machine.phone, "--by", "Zainab"], obj=lambda: runtime)
    assert released.exit_code == 0, released.output
    machine.says("Balance: 500 IQD").hears("did not understand")
    assert machine.phone not in CliRunner().invoke(sms, ["quarantine"], obj=lambda: runtime).output
