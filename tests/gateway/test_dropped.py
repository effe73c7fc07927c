"""Calls that drop: the form is kept for the phone, offered on redial, and sent once whichever call sends it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import psycopg
import pytest
from flask import Flask

from gateway import dropped
from gateway.app import create_app
from gateway.runtime import Runtime
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER

WATER = JOURNEYS[0]
HALF = ("9", *WATER.open, *STRANGER, "1", "1")
"""In English, up to the plot number."""
REST = ("1234", "0", "1")
RESUME = "not finished"


def again(app: Flask, handset: Handset) -> Handset:
    """The same phone, calling anew."""
    return Handset(poster(app), handset.phone)


def hang_up(handset: Handset, status: str = "Incomplete") -> None:
    """The provider's report that the call is over."""
    form = {"sessionId": handset.session, "phoneNumber": handset.phone, "serviceCode": "*964#", "status": status}
    assert handset.post("ussd/ended", form)[0] == 200


def test_a_redial_offers_the_form_and_goes_on_at_the_same_question(app: Flask, handset: Handset) -> None:
    handset.dial().press(*HALF).sees("Plot number")
    later = again(app, handset).dial().sees("unfinished water request", "1 Continue", "2 Start again", "3 Delete it")
    later.press("1").sees("Plot number").press(*REST).sees("Plot: 1234").press("1").ends()


def test_of_calls_within_one_second_the_last_one_is_gone_on_with(
    handset: Handset, at: Callable[[datetime], Runtime]
) -> None:
    second = datetime.now(UTC).replace(microsecond=0)
    first, then, last = (create_app(at(second + timedelta(milliseconds=100 * each))) for each in range(3))
    again(first, handset).dial().press(*HALF)
    again(then, handset).dial().press("1", REST[0])
    again(last, handset).dial().press("1", *REST[1:]).sees("Plot: 1234")


def test_a_note_of_the_release_before_is_as_old_as_it_says(
    app: Flask, handset: Handset, runtime: Runtime, database_url: str
) -> None:
    handset.dial().press(*HALF)
    name, front = f"forms:{handset.phone[-3:]}", handset.phone[:-3]
    noted = cast("bytes", runtime.redis.hget(name, front)).decode()
    moment, _, session = noted.partition(":")
    runtime.redis.hset(name, front, f"{int(moment) // 1000}:{session}")
    hang_up(handset)
    with psycopg.connect(database_url) as store:
        ((saved_at,),) = store.execute("SELECT saved_at FROM gateway.draft").fetchall()
    assert abs(saved_at.timestamp() - int(moment) / 1000) <= 1


def test_a_form_that_was_sent_is_not_offered_again(app: Flask, handset: Handset, post: PostOffice) -> None:
    handset.dial().press(*HALF)
    again(app, handset).dial().press("1", *REST, "1").ends()
    again(app, handset).dial().sees("Missan services")
    assert len(post.texts_to(handset.phone)) == 1


def test_start_again_asks_from_the_first_question(app: Flask, handset: Handset) -> None:
    handset.dial().press(*HALF)
    again(app, handset).dial().press("2").sees("We use your phone number")
    again(app, handset).dial().sees("Missan services")


def test_delete_leads_to_the_menu_and_erases_the_answers(app: Flask, handset: Handset, database_url: str) -> None:
    handset.dial().press(*HALF)
    again(app, handset).dial().press("3").sees("Missan services")
    again(app, handset).dial().sees("Missan services")
    with psycopg.connect(database_url) as store:
        assert store.execute("SELECT answers FROM gateway.draft").fetchall() == [({},)]


def test_back_keeps_the_form_for_the_next_call(app: Flask, handset: Handset) -> None:
    handset.dial().press(*HALF)
    again(app, handset).dial().press("0").sees("Missan services")
    again(app, handset).dial().sees("unfinished water request")


def test_who_has_not_consented_leaves_nothing(app: Flask, handset: Handset, database_url: str) -> None:
    handset.dial().press("9", *WATER.open)
    hang_up(handset)
    again(app, handset).dial().sees("Missan services")
    with psycopg.connect(database_url) as store:
        assert store.execute("SELECT * FROM gateway.draft").fetchall() == []


def test_the_end_of_a_call_is_told_once_and_survives_a_flush(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime
) -> None:
    handset.dial().press(*HALF)
    hang_up(handset)
    hang_up(handset)
    runtime.redis.flushdb()
    (text,) = post.texts_to(handset.phone)
    assert RESUME in text
    later = again(app, handset).dial().sees("unfinished water request").press("1").sees("Plot number")
    hang_up(later)
    again(app, handset).dial().press("1", *REST, "1").ends()
    assert sum(RESUME in text for text in post.texts_to(handset.phone)) == 1


def test_a_call_that_reached_our_end_leaves_no_form(app: Flask, handset: Handset, post: PostOffice) -> None:
    handset.dial().press(*HALF, *REST, "1").ends()
    hang_up(handset)
    again(app, handset).dial().sees("Missan services")
    assert len(post.texts_to(handset.phone)) == 1


def test_silence_is_found_by_the_sweep(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime, at: Callable[[datetime], Runtime]
) -> None:
    handset.dial().press(*HALF)
    dropped.mend(runtime, deep=False)
    assert post.texts_to(handset.phone) == []
    later = at(runtime.now() + dropped.SILENT + timedelta(seconds=5))
    dropped.mend(later, deep=False)
    dropped.mend(later, deep=True)
    assert len(post.texts_to(handset.phone)) == 1
    runtime.redis.flushdb()
    again(app, handset).dial().sees("unfinished water request")


def test_a_form_lives_a_day(handset: Handset, runtime: Runtime, at: Callable[[datetime], Runtime]) -> None:
    handset.dial().press(*HALF)
    hang_up(handset)
    tomorrow = at(runtime.now() + timedelta(hours=24, seconds=1))
    again(create_app(tomorrow), handset).dial().sees("Missan services")
    dropped.mend(tomorrow, deep=True)


def test_redis_that_forgot_a_call_in_its_midst_hides_no_form(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime, at: Callable[[datetime], Runtime]
) -> None:
    handset.dial().press(*HALF[:-1])
    runtime.redis.flushdb()
    handset.press(HALF[-1]).sees("Plot number")
    later = at(runtime.now() + dropped.SILENT + timedelta(seconds=5))
    dropped.mend(later, deep=False)
    assert RESUME in post.texts_to(handset.phone)[0]
    again(app, handset).dial().press("1").sees("Plot number")


def test_who_redialled_first_is_told_when_the_second_call_drops(app: Flask, handset: Handset, post: PostOffice) -> None:
    handset.dial().press(*HALF)
    second = again(app, handset).dial().press("1").sees("Plot number")
    assert post.texts_to(handset.phone) == []
    hang_up(second)
    third = again(app, handset).dial().press("1").sees("Plot number")
    hang_up(third)
    assert sum(RESUME in text for text in post.texts_to(handset.phone)) == 1


def test_a_late_repeat_of_an_older_calls_first_hop_does_not_end_the_newer_call(
    app: Flask, handset: Handset, runtime: Runtime
) -> None:
    handset.dial()
    first = handset.screen
    newer = again(app, handset).dial().press(*HALF).sees("Plot number")
    late = again(create_app(runtime), handset)  # at a process that knows of neither
    late.session = handset.session
    assert late.send().screen == first
    newer.press(*REST, "1").ends("Done")


def test_a_late_send_at_another_process_of_a_form_that_was_dropped_makes_no_application(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime, database_url: str
) -> None:
    handset.dial().press(*HALF, *REST).sees("1 Send")
    other = create_app(runtime)
    again(other, handset).dial().press("3").sees("Missan services")
    handset.press("1")
    with psycopg.connect(database_url) as store:
        assert store.execute("SELECT count(*) FROM application").fetchall() == [(0,)]
    assert post.texts_to(handset.phone) == []


def test_three_wrong_answers_keep_the_form_and_text_how_to_go_on(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime
) -> None:
    handset.dial().press(*HALF, "x", "y", "z").ends()
    assert RESUME in post.texts_to(handset.phone)[0]
    runtime.redis.flushdb()
    again(app, handset).dial().press("1").sees("Plot number")


def test_a_late_send_of_the_dropped_call_is_the_same_application(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime
) -> None:
    handset.dial().press(*HALF, *REST).sees("1 Send")
    newer = again(app, handset).dial().press("1").sees("1 Send")
    runtime.redis.flushdb()
    late = handset.press("1").ends().reference
    assert newer.press("1").ends().reference == late
    assert len(post.texts_to(handset.phone)) == 1


def test_a_late_hop_of_a_call_whose_form_was_dropped_sends_nothing(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime
) -> None:
    handset.dial().press(*HALF, *REST)
    again(app, handset).dial().press("3")
    late = again(app, handset)
    late.session, late.transcript = handset.session, f"{handset.transcript}*1"
    late.send()
    runtime.redis.flushdb()
    late.send().ends("اتصال أحدث")
    assert post.texts_to(handset.phone) == []


@pytest.mark.parametrize("keys", [("1", *REST, "1"), ("2", *STRANGER, "1", "1", *REST, "1")], ids=["go on", "anew"])
def test_redis_flushed_at_every_hop_of_the_second_call_changes_nothing(
    app: Flask, handset: Handset, post: PostOffice, runtime: Runtime, keys: tuple[str, ...]
) -> None:
    handset.dial().press(*HALF)
    later = again(app, handset).dial()
    for key in keys:
        runtime.redis.flushdb()
        later.press(key)
    reference = later.ends().reference
    runtime.redis.flushdb()
    assert later.send().ends().reference == reference
    assert len(post.texts_to(handset.phone)) == 1


def test_a_form_whose_service_is_gone_is_not_offered(app: Flask, handset: Handset, runtime: Runtime) -> None:
    handset.dial().press(*HALF)
    hang_up(handset)
    content = runtime.content
    fewer = {name: service for name, service in content.services.items() if name != "water"}
    try:
        runtime.versions.take(replace(content, services=fewer, digest="fewer"))
        again(app, handset).dial().sees("Missan services")
    finally:
        runtime.versions.take(content)
