"""The memory of sessions: small, replayable, and one for all processes."""

import asyncio
from dataclasses import replace

import pytest
from flask import Flask

from gateway import loop
from gateway.app import create_app
from gateway.records import Record
from gateway.runtime import Runtime
from gateway.sessions import Overtaken, Sessions
from menus.state import State
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

WATER = JOURNEYS[0]
KNOWN = {"today": "2026-01-02", "known_consent": "yes", "known_card": "yes", "known_place": "yes", "place": "1601"}
FIRST = State(known=KNOWN)
LATER = State(at="form", service="water", answers={"request": "new", "use": "home", "plot": "1234"}, known=KNOWN)
RECORD = Record("+9647701234567", "0123456789abcdef", "2*1*1*1*1234", LATER, 5, False, FIRST, (0, 1, 3, 5, 7, 12))


def save(sessions: Sessions, record: Record, session: str = "s") -> None:
    loop.run(sessions.save(session, record))


def load(sessions: Sessions, session: str = "s") -> Record | None:
    return loop.run(sessions.load(session))


def elsewhere(app: Flask, handset: Handset) -> Handset:
    """The same call, its next hops delivered to another process."""
    other = Handset(poster(app), handset.phone)
    other.session, other.transcript, other.screen = handset.session, handset.transcript, handset.screen
    return other


def test_a_record_is_read_as_it_was_written(runtime: Runtime) -> None:
    save(Sessions(runtime.pipe), RECORD)
    found = load(Sessions(runtime.pipe))
    assert found is not None
    assert found.stored
    assert replace(found, stored=b"") == RECORD


def test_a_session_in_mid_form_is_small(runtime: Runtime) -> None:
    save(Sessions(runtime.pipe), RECORD, "ATUid_" + "x" * 60)
    (key,) = runtime.redis.keys()
    assert len(key) + len(runtime.redis.get(key)) < 120  # type: ignore[arg-type]


def test_what_is_no_record_is_no_session(runtime: Runtime) -> None:
    sessions = Sessions(runtime.pipe)
    save(sessions, RECORD)
    (key,) = runtime.redis.keys()
    for value in (b"", b"x", b"\xff" * 90, b'{"phone": 1}'):
        runtime.redis.set(key, value)
        assert load(sessions) is None


def test_of_two_processes_that_move_a_session_one_wins(runtime: Runtime) -> None:
    one, other = Sessions(runtime.pipe), Sessions(runtime.pipe)
    save(one, RECORD)
    seen, also_seen = load(one), load(other)
    assert seen is not None
    assert also_seen is not None
    save(one, seen)  # the same again is no rival
    save(one, replace(seen, transcript="2*9"))
    with pytest.raises(Overtaken) as raised:
        save(other, replace(also_seen, transcript="2*8"))
    assert raised.value.record.transcript == "2*9"


def test_of_two_hops_of_a_session_in_one_process_the_second_waits(runtime: Runtime) -> None:
    sessions, done = Sessions(runtime.pipe), []

    async def hop(name: str) -> None:
        async with sessions.turn("s"):
            await asyncio.sleep(0.01)
            done.append(f"{name} begins")
            await asyncio.sleep(0.01)
            done.append(f"{name} ends")

    async def both() -> None:
        await asyncio.gather(hop("one"), hop("two"), hop("three"))

    loop.run(both())
    assert done == [f"{name} {what}" for name in ("one", "two", "three") for what in ("begins", "ends")]


def test_a_call_whose_hops_go_to_two_processes_by_turns_is_one_call(
    runtime: Runtime, app: Flask, handset: Handset, post: PostOffice
) -> None:
    apps, hops = [app, create_app(runtime)], []
    handset.dial()
    for number, key in enumerate(WATER.keys):
        hops.append((handset.transcript, handset.screen))
        handset = elsewhere(apps[number % 2], handset).press(key)
    reference = handset.ends().reference
    for number, (transcript, screen) in enumerate(hops):  # and every repeat, at either
        for each in apps:
            late = elsewhere(each, handset)
            late.transcript = transcript
            assert late.send().screen == screen, number
    assert elsewhere(create_app(runtime), handset).send().ends().reference == reference
    assert len(post.texts_to(handset.phone)) == 1


def test_a_process_that_missed_a_hop_does_not_take_two_answers_for_one(
    runtime: Runtime, app: Flask, handset: Handset
) -> None:
    handset.dial().press("9", "2").sees("We use your phone")
    other = elsewhere(create_app(runtime), handset).press("1").sees("National card")
    elsewhere(app, other).press("1").sees("District?")
