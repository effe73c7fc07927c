"""The far side's SMS API towards us: bytes, statuses, codes, and the provider's own SDK (contract §3, §4)."""

import json
import re
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService

from tests.gateway.stub_gateway import PHONE, Phone, StubGateway, far_side, send

OTHER = "+9647801234567"
Line = tuple[StubGateway, Phone]


@pytest.fixture
def line() -> Iterator[Line]:
    with far_side(report_seconds=0.1, minute_seconds=0.1) as pair:
        yield pair


def sdk(phone: Phone, key: str = "simulator") -> SMSService:
    service = SMSService("sandbox", key)
    service._baseUrl = service._contentUrl = f"{phone.far_side.url}/version1"
    return service


def test_an_accepted_send_is_the_recorded_answer_in_shape_and_order(line: Line) -> None:
    reply = send(line[1])
    assert (reply.status_code, reply.headers["Content-Type"]) == (201, "application/json")
    data = reply.json()["SMSMessageData"]
    assert data["Message"] == "Sent to 1/1 Total Cost: USD 0.0079 Message parts: 1"
    (recipient,) = data["Recipients"]
    assert list(recipient) == ["cost", "messageId", "number", "status", "statusCode"]
    assert re.fullmatch(r"ATXid_[0-9a-f]{32}", recipient.pop("messageId"))
    assert recipient == {"cost": "KES 0.8000", "number": PHONE, "status": "Success", "statusCode": 102}


def test_an_accepted_message_is_on_the_handset_until_read(line: Line) -> None:
    _, phone = line
    sent = send(phone, message="طلبك 24839174").json()["SMSMessageData"]["Recipients"][0]
    (message,) = phone.inbox()
    assert (message["id"], message["from"], message["text"]) == (sent["messageId"], "MISSAN", "طلبك 24839174")
    assert (message["read"], phone.get("inbox", phone=PHONE)["unread"]) == (False, 1)
    phone.post("read", phone=PHONE)
    assert phone.get("inbox", phone=PHONE)["unread"] == 0
    assert phone.get("inbox", phone=OTHER)["messages"] == []


@pytest.mark.parametrize(("key", "username"), [("wrong", "sandbox"), ("simulator", "someone"), ("", "")])
def test_wrong_credentials_are_401_in_plain_text(line: Line, key: str, username: str) -> None:
    reply = send(line[1], key=key, username=username)
    assert (reply.status_code, reply.text) == (401, "The supplied authentication is invalid")
    assert reply.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert reply.headers["WWW-Authenticate"] == "Basic"
    assert line[1].inbox() == []


@pytest.mark.parametrize("missing", ["to", "message"])
def test_a_malformed_request_is_400_in_plain_text(line: Line, missing: str) -> None:
    reply = send(line[1], **{missing: ""})
    assert (reply.status_code, reply.headers["Content-Type"]) == (400, "text/plain; charset=UTF-8")
    assert "malformed" in reply.text


def test_recipients_are_judged_one_by_one(line: Line) -> None:
    gateway, phone = line
    phone.post("optout", phone=OTHER, sender="MISSAN")
    data = send(phone, to=f"{PHONE},12,{OTHER}").json()["SMSMessageData"]
    codes = [(r["number"], r["statusCode"], r["status"]) for r in data["Recipients"]]
    assert codes == [(PHONE, 102, "Success"), ("12", 403, "InvalidPhoneNumber"), (OTHER, 406, "UserInBlacklist")]
    assert data["Message"].startswith("Sent to 1/3 ")
    assert gateway.of("optout")[0].body == b"senderId=MISSAN&phoneNumber=%2B9647801234567"


def test_without_accept_the_answer_is_xml_unless_switched_off(line: Line) -> None:
    _, phone = line
    form = {"username": "sandbox", "to": PHONE, "message": "hello"}
    url = f"{phone.far_side.url}/version1/messaging"
    reply = requests.post(url, form, headers={"apiKey": "simulator"}, timeout=5)
    assert reply.headers["Content-Type"].startswith("application/xml")
    parsed = ElementTree.fromstring(reply.text)  # noqa: S314 - our own far side wrote it
    assert parsed.findtext("SMSMessageData/Recipients/Recipient/number") == PHONE
    assert phone.inbox()[0]["from"] == "AFRICASTKNG"
    phone.far_side.switch(xml_without_accept=False)
    assert requests.post(url, form, headers={"apiKey": "simulator"}, timeout=5).json()


@pytest.mark.parametrize(
    ("switches", "status", "content_type"),
    [
        ({"accepted_status": 200}, 200, "application/json"),
        ({"json_charset": True}, 201, "application/json; charset=utf-8"),
        ({"invalid_sender": True}, 201, "application/json"),
        ({"unauthorised": True}, 401, "text/plain; charset=UTF-8"),
        ({"refuse_status": 503}, 503, "text/plain; charset=UTF-8"),
    ],
)
def test_a_switch_changes_the_answer(line: Line, switches: dict[str, object], status: int, content_type: str) -> None:
    _, phone = line
    phone.far_side.switch(**switches)
    reply = send(phone)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, content_type)
    if "invalid_sender" in switches:
        assert reply.json() == {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}
    assert len(phone.inbox()) == (1 if status < 300 and "invalid_sender" not in switches else 0)


def test_codes_are_given_in_turn_and_zero_leaves_a_recipient_out(line: Line) -> None:
    _, phone = line
    phone.far_side.switch(recipient_codes=[100, 500, 0])
    data = [send(phone).json()["SMSMessageData"]["Recipients"] for _ in range(4)]
    assert [[(r["statusCode"], r["status"]) for r in one] for one in data] == [
        [(100, "Success")], [(500, "InternalServerError")], [], [(100, "Success")],
    ]  # fmt: skip


def test_a_lost_response_was_accepted_all_the_same(line: Line) -> None:
    _, phone = line
    phone.far_side.switch(response="lost")
    with pytest.raises(requests.ConnectionError):
        send(phone)
    assert len(phone.inbox()) == 1
    phone.far_side.switch(response="sent")
    assert send(phone).status_code == 201


def test_a_stalled_response_was_accepted_all_the_same(line: Line) -> None:
    _, phone = line
    phone.far_side.switch(response="stalled", stall_seconds=0.4)
    started = time.monotonic()
    assert send(phone).status_code == 201
    assert time.monotonic() - started >= 0.4
    assert len(phone.inbox()) == 1


def test_opt_out_instructions_may_be_added_to_the_first_message(line: Line) -> None:
    _, phone = line
    phone.far_side.switch(optout_notice=True)
    send(phone)
    send(phone)
    assert [message["text"] for message in phone.inbox()] == ["hello", "hello\nSTOP to opt out"]


def test_the_providers_own_sdk_works_unmodified(line: Line) -> None:
    gateway, phone = line
    answer = sdk(phone).send("مرحبا", [PHONE, OTHER], sender_id="MISSAN", enqueue=True)
    assert [r["status"] for r in answer["SMSMessageData"]["Recipients"]] == ["Success", "Success"]
    assert (phone.inbox()[0]["text"], phone.inbox()[0]["from"]) == ("مرحبا", "MISSAN")
    premium = sdk(phone).send_premium("hello", "5599", [PHONE], keyword="JOIN", link_id="1")
    assert premium["SMSMessageData"]["Message"] == "Sent to 1/1"
    assert premium["SMSMessageData"]["Recipients"][0]["cost"] == "0"
    assert len(gateway.of("delivery", 6)) == 6


def test_the_sdk_fetches_what_citizens_sent_a_hundred_at_a_time(line: Line) -> None:
    gateway, phone = line
    for number in range(101):
        phone.far_side.sms.send(PHONE, "5599", f"text {number}", "99999")
    messages = sdk(phone).fetch_messages()["SMSMessageData"]["Messages"]
    assert [messages[0]["id"], messages[0]["text"], len(messages)] == [1, "text 0", 100]
    assert list(messages[0]) == ["id", "from", "to", "text", "date", "linkId"]
    later = sdk(phone).fetch_messages(last_received_id=100)["SMSMessageData"]["Messages"]
    assert [message["id"] for message in later] == [101]
    gateway.of("sms", 101)


def test_the_sdk_meets_the_same_troubles_as_with_the_provider(line: Line) -> None:
    _, phone = line
    with pytest.raises(AfricasTalkingException, match="The supplied authentication is invalid"):
        sdk(phone, "wrong").send("hello", [PHONE])
    phone.far_side.switch(json_charset=True)
    assert json.loads(sdk(phone).send("hello", [PHONE]))["SMSMessageData"]
    phone.far_side.switch(response="lost")
    with pytest.raises(requests.ConnectionError):
        sdk(phone).send("hello", [PHONE])
