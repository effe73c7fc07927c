"""A citizen's PIN: set, changed and removed on the phone, asked before a case is opened, never taken by SMS."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask

from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.sms_cli import sms
from menus import references
from tests.conversation import Conversation
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

PIN, WRONG = "4821", "1111"
SET, REMOVE, OTHER = ("7", "1"), ("7", "2"), ("7", "3")


@pytest.fixture
def owner(handset: Handset) -> Handset:
    """A phone with a water request and a PIN; `reference` is its request's."""
    handset.dial().press(*JOURNEYS[0].keys).ends()
    done = handset.screen
    handset.dial().press(*SET).sees("اختر رمزا").press(PIN).ends("حفظنا رمزك")
    handset.screen = done
    return handset


@pytest.fixture
def reference(owner: Handset) -> str:
    return owner.reference


@pytest.fixture
def stranger(app: Flask) -> Handset:
    return Handset(poster(app))


def rows(database_url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()


def test_a_case_is_opened_only_after_the_pin(owner: Handset, reference: str) -> None:
    owner.dial().press("6").sees(reference, "مستلم").press("1").sees("رمزك السري")
    owner.press(WRONG).sees("غير صحيح").press(PIN).sees(reference, "سحب")
    owner.press("0").sees("طلباتي").press("1").sees("سحب")  # given once in a call
    owner.dial().press("6", "1").sees("رمزك السري").press("0").sees("طلباتي")


def test_the_pin_is_kept_as_a_keyed_hash_and_nowhere_else(owner: Handset, database_url: str) -> None:
    ((kept,),) = rows(database_url, "SELECT pin_hash FROM gateway.person WHERE pin_hash IS NOT NULL")
    assert PIN not in str(kept)
    assert len(str(kept)) > 64
    assert PIN not in str(
        rows(database_url, "SELECT fingerprint, result FROM gateway.idempotency WHERE key LIKE 'pin:%'")
    )


@pytest.mark.parametrize("wrong", ["12", "12345", "abcd", "١٢٣"])
def test_a_pin_has_four_digits_of_any_script(handset: Handset, wrong: str) -> None:
    handset.dial().press(*SET, wrong).sees("غير صحيح").press("٤٨٢١").ends("حفظنا رمزك")
    handset.dial().press(*REMOVE, PIN).ends("حذفنا")


def test_it_is_changed_and_removed_only_by_who_knows_it(owner: Handset, reference: str) -> None:
    owner.dial().press(*SET).sees("رمزك السري").press(WRONG).sees("غير صحيح").press(PIN).sees("اختر").press(
        "7777"
    ).ends()
    owner.dial().press(*REMOVE, PIN).sees("غير صحيح").press("7777").ends("حذفنا رمزك")
    owner.dial().press(*REMOVE).ends("لا رمز سري")
    owner.dial().press("6", "1").sees(reference, "سحب")


def test_five_wrong_tries_lock_it_for_a_day(
    owner: Handset, reference: str, at: Callable[[datetime], Runtime], runtime: Runtime
) -> None:
    owner.dial().press("6", "1", WRONG, WRONG, WRONG).ends()
    owner.dial().press("6", "1", WRONG, WRONG).ends("5 مرات")
    owner.dial().press("6", "1", PIN).ends("5 مرات")
    tomorrow = create_app(at(runtime.now() + timedelta(days=1, minutes=1)))
    Handset(poster(tomorrow), owner.phone).dial().press("6", "1", PIN).sees(reference)


def test_a_hop_that_comes_twice_is_one_try(owner: Handset) -> None:
    owner.dial().press("6", "1")
    for _ in range(6):
        owner.transcript = "6*1*1111"
        owner.send().sees("غير صحيح")
    owner.press(PIN).sees("سحب")


def test_another_phone_sees_the_state_of_a_case_whose_pin_it_knows(
    owner: Handset, reference: str, stranger: Handset
) -> None:
    stranger.dial().press(*OTHER).sees("رقم الطلب").press(reference).sees("لصاحب الطلب").press(PIN).ends(
        reference, "مستلم"
    )


def test_whatever_is_wrong_another_phone_reads_the_same(
    owner: Handset, reference: str, app: Flask, database_url: str
) -> None:
    without = Handset(poster(app))
    without.dial().press(*JOURNEYS[0].keys).ends()
    unknown = next(
        r for r in map(references.make, range(3_000_000, 3_000_009)) if r not in (reference, without.reference)
    )
    screens = {
        Handset(poster(app)).dial().press(*OTHER, asked, pin).screen
        for asked, pin in ((reference, WRONG), (without.reference, PIN), (unknown, PIN))
    }
    assert len(screens) == 1
    assert screens.pop().startswith("END لا يوجد طلب")


def test_guessing_from_another_phone_ends_after_five(
    owner: Handset, reference: str, stranger: Handset, database_url: str
) -> None:
    for number in range(5):
        stranger.dial().press(*OTHER, references.make(3_000_000 + number), PIN).ends("لا يوجد طلب")
    stranger.dial().press(*OTHER, reference, PIN).ends("لا يوجد طلب")
    assert rows(database_url, "SELECT phone, reason FROM gateway.quarantine") == [(stranger.phone, "references")]


@pytest.mark.parametrize("said", [PIN, f"الرمز {PIN}", f"{{r}} {PIN}", "٤٨٢١"])
def test_a_pin_by_sms_is_not_taken_and_not_kept(
    owner: Handset, reference: str, post: PostOffice, database_url: str, said: str
) -> None:
    Conversation(owner, post).says(said.format(r=reference)).hears("لا ترسل رمزك السري برسالة")
    assert PIN not in str(rows(database_url, "SELECT text FROM gateway.inbound"))


def test_by_sms_a_case_behind_a_pin_says_its_state_and_no_more(
    owner: Handset, reference: str, post: PostOffice, database_url: str
) -> None:
    texting = Conversation(owner, post)
    texting.says("الغاء").hears("محمي برمز سري").says("نعم")
    rows_before = rows(database_url, "SELECT state FROM application")
    assert rows_before == [("SUBMITTED",)]
    with psycopg.connect(database_url) as connection:
        for state in ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE"):
            connection.execute("UPDATE application SET state = %s, details = '{\"fee\": 125000}'", [state])
    texting.says(reference).hears(reference, "بانتظار الرسم")
    assert "125000" not in texting.last[0]


def test_a_number_with_a_new_owner_has_no_pin(
    owner: Handset, runtime: Runtime, database_url: str, post: PostOffice
) -> None:
    later = replace(runtime, now=lambda: runtime.now() + timedelta(days=100))
    Conversation(Handset(poster(create_app(later)), owner.phone), post).says("طلبي", "2").hears("لن نرسل")
    assert rows(database_url, "SELECT count(*) FROM gateway.person WHERE pin_hash IS NOT NULL") == [(0,)]


def test_a_message_about_a_case_has_its_reference_filled_in(handset: Handset, database_url: str) -> None:
    handset.dial().press(*JOURNEYS[0].keys).ends()
    reference = handset.reference
    handset.dial().press("6", "1")
    key = next(line.split()[0] for line in handset.screen.splitlines() if "شكوى عنه" in line)
    handset.press(key).sees("الموضوع").press("0").sees("خدمات ميسان")
    handset.dial().press("6", "1", key, "1", "1", "1", "2", "2").sees("تأكيد").press("8").sees(reference).press(
        "1"
    ).ends()
    ((answers,),) = rows(database_url, "SELECT answers FROM application WHERE service = 'grievance'")
    assert isinstance(answers, dict)
    assert answers["case"] == reference


def test_by_sms_the_word_and_the_reference_begin_the_same(
    handset: Handset, post: PostOffice, database_url: str
) -> None:
    texting = Conversation(handset, post)
    handset.dial().press(*JOURNEYS[0].keys).ends()
    texting.says(f"شكوى {handset.reference}").hears("الموضوع").says("1", "1", "1", "2", "2").hears(handset.reference)
    texting.says("1").hears("استلمنا رسالتك")


def test_a_forgotten_pin_is_removed_by_an_operator(owner: Handset, runtime: Runtime, reference: str) -> None:
    for expected in (0, 1):
        done = CliRunner().invoke(sms, ["forget-pin", owner.phone, "--by", "Zainab"], obj=lambda: runtime)
        assert done.exit_code == expected, done.output
    owner.dial().press("6", "1").sees(reference, "سحب")
