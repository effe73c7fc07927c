"""The far side's USSD wire, byte for byte, and what it makes of our answers (contract §1)."""

import re
import time
from collections.abc import Iterator

import pytest
from werkzeug import Response

from gateway.simulator.server import Simulator
from tests.gateway.stub_gateway import Phone, StubGateway, far_side, plain
from tests.peers import closed_port

Line = tuple[StubGateway, Phone]


@pytest.fixture
def line() -> Iterator[Line]:
    with far_side() as pair:
        yield pair


def test_the_first_hop_is_the_captured_form_byte_for_byte(line: Line) -> None:
    gateway, phone = line
    phone.dial(network="41805")
    (call,) = gateway.of("ussd")
    session = phone.session.encode()
    assert re.fullmatch(rb"ATUid_[0-9a-f]{32}", session)
    assert call.body == (
        b"phoneNumber=%2B9647701234567&serviceCode=%2A964%23&text=&sessionId=" + session + b"&networkCode=41805"
    )
    assert call.headers["User-Agent"] == "at-ussd-api/1.0"
    assert call.headers["Accept-Encoding"] == "gzip"
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert "Accept" not in call.headers


@pytest.mark.parametrize(
    ("inputs", "texts", "last_bytes"),
    [
        (["1", "1"], ["", "1", "1*1"], b"text=1%2A1&"),
        (["Ali Hassan"], ["", "Ali Hassan"], b"text=Ali+Hassan&"),
        (["1", "*"], ["", "1", "1**"], b"text=1%2A%2A&"),
        (["1", "1*2"], ["", "1", "1*1*2"], b"text=1%2A1%2A2&"),
        (["#"], ["", "#"], b"text=%23&"),
        (["1", ""], ["", "1", "1*"], b"text=1%2A&"),
        ([""], ["", ""], b"text=&"),
        (["علي"], ["", "علي"], b"text=%D8%B9%D9%84%D9%8A&"),
        (["٣"], ["", "٣"], b"text=%D9%A3&"),
        (["a@b"], ["", "a@b"], b"text=a%40b&"),
        (["+1&=%"], ["", "+1&=%"], b"text=%2B1%26%3D%25&"),
    ],
)
def test_text_is_the_whole_history_joined_by_stars(
    line: Line, inputs: list[str], texts: list[str], last_bytes: bytes
) -> None:
    gateway, phone = line
    phone.dial()
    for entered in inputs:
        phone.reply(entered)
    assert [call.fields["text"] for call in gateway.of("ussd")] == texts
    assert last_bytes in gateway.calls[-1].body


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (plain("CON Main\n1 Water"), "CON", "Main\n1 Water"),
        (plain("END شكرا"), "END", "شكرا"),
        (plain("CON "), "CON", ""),
        (plain("CON hello", content_type="text/plain"), "CON", "hello"),
    ],
)
def test_a_valid_answer_is_shown(line: Line, answer: Response, kind: str, text: str) -> None:
    gateway, phone = line
    gateway.hop = lambda fields: answer
    screen = phone.dial()
    assert (screen["kind"], screen["text"], screen["detail"]) == (kind, text, "")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (plain(""), "should start with a CON"),
        (plain(" CON hello"), "should start with a CON"),
        (plain("\ufeffCON hello"), "should start with a CON"),
        (plain("CONTACT us"), "should start with a CON"),
        (plain("CON\nhello"), "should start with a CON"),
        (plain("con hello"), "should start with a CON"),
        (plain('{"text": "CON hello"}'), "should start with a CON"),
        (plain("CON hello", 201), "status 201"),
        (plain("END sorry", 404), "status 404"),
        (plain("END sorry", 500), "status 500"),
        (Response("", 302, {"Location": "/"}), "status 302"),
        (plain("CON hello", content_type="text/html; charset=utf-8"), "text/html"),
        (plain("CON hello", content_type="application/json"), "application/json"),
        (plain(b"CON \xff"), "not UTF-8 at byte 4"),
    ],
)
def test_an_answer_that_the_provider_refuses_ends_the_session_as_failed(
    line: Line, answer: Response, detail: str
) -> None:
    gateway, phone = line
    gateway.hop = lambda fields: answer
    screen = phone.dial()
    assert screen["kind"] == "ERROR"
    assert screen["text"] == "Connection problem or invalid MMI code."
    assert detail in str(screen["detail"])
    (event,) = gateway.of("ussd/ended")
    assert event.fields["status"] == "Failed"
    assert event.fields["errorMessage"] == screen["detail"]
    assert phone.reply("1") == {"error": "the session has ended: Failed"}


def test_a_gateway_that_is_away_is_an_error_on_the_handset() -> None:
    with Simulator(closed_port(), "a-long-secret") as away:
        screen = Phone(away).dial()
        assert screen["kind"] == "ERROR"
        assert "no connection" in str(screen["detail"])


def test_an_answer_later_than_the_time_out_is_an_error_and_so_is_a_trickle() -> None:
    def late(fields: dict[str, str]) -> Response:
        time.sleep(0.5)
        return plain("CON late")

    def trickle(fields: dict[str, str]) -> Response:
        def slowly() -> Iterator[str]:
            for part in ("CON ", "one ", "two ", "three "):
                yield part
                time.sleep(0.15)

        return Response(slowly(), content_type="text/plain")

    with far_side(answer_seconds=0.3) as (gateway, phone):
        for hop in (late, trickle):
            gateway.hop = hop
            assert phone.dial()["detail"] == "no answer within 0.3 s"


def test_reaching_end_is_told_as_success_with_the_documented_fields(line: Line) -> None:
    gateway, phone = line
    phone.dial()
    phone.reply("1")
    phone.reply("9")
    (event,) = gateway.of("ussd/ended")
    assert event.names == [
        "date", "sessionId", "serviceCode", "networkCode", "phoneNumber", "status", "cost", "durationInMillis",
        "hopsCount", "input", "lastAppResponse", "errorMessage",
    ]  # fmt: skip
    fields = event.fields
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", fields["date"])
    assert re.match(rb"date=[\d-]+\+\d\d%3A\d\d%3A\d\d&", event.body)
    assert int(fields["durationInMillis"]) >= 0
    told = {name: fields[name] for name in ("sessionId", "status", "hopsCount", "input", "lastAppResponse")}
    assert told == {
        "sessionId": phone.session,
        "status": "Success",
        "hopsCount": "3",
        "input": "1*9",
        "lastAppResponse": "END typed '1*9'",
    }


def test_hanging_up_is_told_as_incomplete(line: Line) -> None:
    gateway, phone = line
    phone.dial()
    assert phone.hang_up() == {"session": phone.session, "status": "Incomplete"}
    assert gateway.of("ussd/ended")[0].fields["status"] == "Incomplete"
    assert phone.hang_up() == {"error": "the session has ended: Incomplete"}


def test_hanging_up_just_after_an_input_still_carries_the_input(line: Line) -> None:
    gateway, phone = line
    phone.dial()
    phone.hang_up(input="1")
    (event,) = gateway.of("ussd/ended")
    assert [call.fields["text"] for call in gateway.of("ussd")] == ["", "1"]
    assert (event.fields["status"], event.fields["input"]) == ("Incomplete", "1")


def test_units_and_limit_are_the_networks(line: Line) -> None:
    gateway, phone = line
    gateway.hop = lambda fields: plain("CON " + ("س" * 78 if not fields["text"] else "a{" * 10))
    arabic, latin = phone.dial(), phone.reply("1")
    assert (arabic["units"], arabic["limit"], arabic["cut"]) == (78, 80, False)
    assert (latin["units"], latin["limit"], latin["cut"]) == (30, 182, False)
