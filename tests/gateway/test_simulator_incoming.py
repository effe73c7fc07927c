"""What the far side posts to us about SMS: incoming messages and delivery reports, byte for byte (contract §2)."""

import re
import time
from collections.abc import Iterator

import pytest

from gateway.simulator.reports import plan
from gateway.simulator.switches import Switches
from tests.gateway.stub_gateway import Phone, StubGateway, far_side, plain, send

Line = tuple[StubGateway, Phone]


@pytest.fixture
def line() -> Iterator[Line]:
    with far_side(report_seconds=0.1, minute_seconds=0.1) as pair:
        yield pair


def test_delivery_reports_follow_byte_for_byte(line: Line) -> None:
    gateway, phone = line
    message_id = send(phone).json()["SMSMessageData"]["Recipients"][0]["messageId"]
    first, last = gateway.of("delivery", 2)
    tail = b"&phoneNumber=%2B9647701234567&networkCode=99999"
    assert first.body == f"id={message_id}&status=Sent".encode() + tail
    assert last.body == f"id={message_id}&status=Success".encode() + tail


@pytest.mark.parametrize(
    ("mode", "statuses"),
    [
        ("normal", ["Sent", "Success"]),
        ("success_only", ["Success"]),
        ("early", ["Success"]),
        ("late", ["Sent", "Success"]),
        ("out_of_order", ["Success", "Buffered", "Sent"]),
        ("twice", ["Sent", "Success", "Success"]),
        ("unknown_status", ["Teleported", "Success"]),
        ("unknown_id", ["Success", "Success"]),
    ],
)
def test_reports_come_as_the_switch_says(line: Line, mode: str, statuses: list[str]) -> None:
    gateway, phone = line
    phone.far_side.switch(report=mode)
    sent = send(phone).json()["SMSMessageData"]["Recipients"][0]["messageId"]
    if mode == "early":
        assert [call.route for call in gateway.calls] == ["delivery"]
    calls = gateway.of("delivery", len(statuses))
    assert [call.fields["status"] for call in calls] == statuses
    assert (calls[0].fields["id"] == sent) is (mode != "unknown_id")
    assert calls[-1].fields["id"] == sent


def test_a_late_report_is_ten_minutes_late_and_never_is_never() -> None:
    late = plan("id", Switches(report="late"))
    assert [(report.status, report.after) for report in late] == [("Sent", 0.5), ("Success", 600)]
    assert plan("id", Switches(report="never")) == ()


@pytest.mark.parametrize("status", ["Failed", "Rejected", "Expired", "AbsentSubscriber"])
def test_an_undelivered_message_is_reported_and_not_shown(line: Line, status: str) -> None:
    gateway, phone = line
    phone.far_side.switch(report="success_only", report_status=status, failure_reason="UserDoesNotExist")
    send(phone)
    fields = gateway.of("delivery")[0].fields
    assert fields["status"] == status
    assert fields.get("failureReason") == ("UserDoesNotExist" if status in ("Failed", "Rejected") else None)
    assert phone.inbox() == []


def test_an_incoming_message_byte_for_byte(line: Line) -> None:
    gateway, phone = line
    sent = phone.text("JOIN blue + حالة")
    (call,) = gateway.of("sms")
    assert re.fullmatch(
        rb"linkId=&text=JOIN\+blue\+%2B\+%D8%AD%D8%A7%D9%84%D8%A9&to=5599&id=" + str(sent["id"]).encode()
        + rb"&date=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ&from=%2B9647701234567&networkCode=99999",
        call.body,
    )  # fmt: skip


def test_an_incoming_message_may_be_empty_and_dated_with_a_space(line: Line) -> None:
    gateway, phone = line
    phone.far_side.switch(sms_date="space")
    phone.text("")
    fields = gateway.of("sms")[0].fields
    assert fields["text"] == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", fields["date"])


def test_an_incoming_message_is_repeated_each_minute_until_200(line: Line) -> None:
    gateway, phone = line
    statuses = iter([500, 404, 201, 200, 200])
    gateway.other = lambda route: plain("", next(statuses))
    phone.text("hi")
    calls = gateway.of("sms", 4)
    time.sleep(0.3)
    assert len(gateway.of("sms")) == 4
    assert len({call.fields["id"] for call in calls}) == 1
    (message,) = phone.sent()
    assert (message["state"], message["tries"], message["status"]) == ("taken", 4, 200)


def test_reports_too_are_repeated_until_200(line: Line) -> None:
    gateway, phone = line
    statuses = iter([503, 200])
    gateway.other = lambda route: plain("", next(statuses))
    phone.far_side.switch(report="success_only")
    send(phone)
    assert len(gateway.of("delivery", 2)) == 2


@pytest.mark.parametrize("mode", ["duplicate", "concurrent"])
def test_an_incoming_message_may_come_twice_with_one_id(line: Line, mode: str) -> None:
    gateway, phone = line
    phone.far_side.switch(sms_delivery=mode)
    phone.text("hi")
    assert len({call.fields["id"] for call in gateway.of("sms", 2)}) == 1


def test_only_the_newest_messages_are_kept(line: Line) -> None:
    _, phone = line
    assert phone.far_side.mailboxes._received.maxlen == 10_000
    assert phone.far_side.mailboxes._sent.maxlen == 10_000
