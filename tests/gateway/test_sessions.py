"""The memory of sessions: small, replayable, and one for all processes."""

import pytest
from flask import Flask
from redis import Redis

from gateway.app import create_app
from gateway.redis_wire import RedisAway, RedisWire
from gateway.runtime import Runtime
from gateway.sessions import Overtaken, Record, Sessions
from menus.state import State
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

WATER = JOURNEYS[0]
KNOWN = {"today": "2026-01-02", "known_consent": "yes", "known_card": "yes", "known_place": "yes", "place": "1601"}
FIRST = State(known=KNOWN)
LATER = State(at="form", service="water", answers={"request": "new", "use": "home", "plot": "1234"}, known=KNOWN)
RECORD = Record("+9647701234567", "0123456789abcdef", "2*1*1*1*1234", LATER, 5, False, FIRST, (0, 1, 3, 5, 7, 12))


def elsewhere(app: Flask, handset: Handset) -> Handset:
    """The same call, its next hops delivered to another process."""
    other = Handset(poster(app), handset.phone)
    other.session, other.transcript, other.screen = handset.session, handset.transcript, handset.screen
    return other


def test_a_record_is_read_as_it_was_written(runtime: Runtime) -> None:
    Sessions(runtime.wire).save("s", RECORD)
    found = Sessions(runtime.wire).load("s")
    assert found is not None
    assert found.stored
    assert Record(*[getattr(found, name) for name in Record.__slots__[:-1]]) == RECORD


def test_a_session_in_mid_form_is_small(runtime: Runtime) -> None:
    Sessions(runtime.wire).save("ATUid_" + "x" * 60, RECORD)
    (key,) = runtime.redis.keys()
    assert len(key) + len(runtime.redis.get(key)) < 120  # type: ignore[arg-type]


def test_what_is_no_record_is_no_session(runtime: Runtime) -> None:
    sessions = Sessions(runtime.wire)
    sessions.save("s", RECORD)
    (key,) = runtime.redis.keys()
    for value in (b"", b"x", b"\xff" * 90, b'{"phone": 1}'):
        runtime.redis.set(key, value)
        assert sessions.load("s") is None


def test_of_two_processes_that_move_a_session_one_wins(runtime: Runtime) -> None:
    one, other = Sessions(runtime.wire), Sessions(runtime.wire)
    one.save("s", RECORD)
    seen, also_seen = one.load("s"), other.load("s")
    assert seen is not None
    assert also_seen is not None
    one.save("s", seen)  # the same again is no rival
    moved = Record(*[*[getattr(seen, name) for name in Record.__slots__][:2], "2*9", *list(_rest(seen))])
    one.save("s", moved)
    with pytest.raises(Overtaken) as raised:
        other.save("s", Record(*[*[getattr(also_seen, name) for name in Record.__slots__][:2], "2*8", *_rest(seen)]))
    assert raised.value.record.transcript == "2*9"


def _rest(record: Record) -> list[object]:
    return [getattr(record, name) for name in Record.__slots__[3:]]


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


def test_connections_that_redis_closed_are_replaced_at_once(runtime: Runtime, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        wire = RedisWire(redis)
        assert wire.call(("SET", "a", 1), ("GET", "a")) == [b"OK", b"1"]
        runtime.redis.client_kill_filter(_type="normal", skipme=True)
        assert wire.call(("GET", "a")) == [b"1"]
        wire.close()


def test_a_redis_that_is_not_there_is_told_at_once() -> None:
    with Redis(host="127.0.0.1", port=1) as nowhere, pytest.raises(RedisAway):
        RedisWire(nowhere).call(("PING",))
