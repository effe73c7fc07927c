"""What each of Africa's Talking's answers comes to, over a real socket: a table of its wire."""

import pytest

from gateway.providers import Outcome, Outgoing
from gateway.providers.africastalking import AfricasTalking
from tests.peers import Peer, Reply, listing, plain, row, says

AHMED, ZAHRA, HASAN = "+9647700000001", "+9647800000002", "+9647500000003"


def one(provider: AfricasTalking, phone: str = AHMED, text: str = "طلبك قيد المراجعة") -> Outcome:
    (outcome,) = provider.send([Outgoing(7, phone, text)])
    return outcome


def body(message: str, *recipients: object) -> Reply:
    return lambda _: says({"SMSMessageData": {"Message": message, "Recipients": list(recipients)}})


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain", "text/html"])
def test_json_is_read_whatever_the_header_calls_it(far: Peer, provider: AfricasTalking, kind: str) -> None:
    far.then(listing({}, content_type=kind))
    assert one(provider).outcome == "sent"


@pytest.mark.parametrize(
    ("code", "outcome", "name"),
    [
        (100, "sent", "Processed"),
        (101, "sent", "Sent"),
        (102, "sent", "Queued"),
        (401, "hold", "RiskHold"),
        (402, "hold", "InvalidSenderId"),
        (403, "failed", "InvalidPhoneNumber"),
        (404, "failed", "UnsupportedNumberType"),
        (405, "hold", "InsufficientBalance"),
        (406, "failed", "UserInBlacklist"),
        (407, "failed", "CouldNotRoute"),
        (409, "failed", "DoNotDisturbRejection"),
        (500, "retry", "InternalServerError"),
        (501, "retry", "GatewayError"),
        (502, "retry", "RejectedByGateway"),
        (408, "unsure", "unknown_408"),
        (103, "unsure", "unknown_103"),
    ],
)
def test_each_recipient_code_has_its_outcome(
    far: Peer, provider: AfricasTalking, code: int, outcome: str, name: str
) -> None:
    far.then(listing({AHMED: code}))
    got = one(provider)
    assert (got.outcome, got.code) == (outcome, name)
    assert (got.provider_id is not None) == (code <= 102)
    assert got.tries == (3 if code == 502 else None)


@pytest.mark.parametrize(
    ("reply", "outcome", "code"),
    [
        (plain(401, "The supplied authentication is invalid"), "hold", "http_401"),
        (plain(403), "hold", "http_403"),
        (plain(404), "hold", "http_404"),
        (plain(302, Location="/elsewhere"), "hold", "http_302"),
        (plain(400, "The request content was malformed"), "retry", "http_400"),
        (plain(429), "retry", "http_429"),
        (plain(503, **{"Retry-After": "30"}), "retry", "http_503"),
        (plain(503), "unsure", "http_503"),
        (plain(500), "unsure", "http_500"),
        (plain(502), "unsure", "http_502"),
        (plain(504), "unsure", "http_504"),
        (plain(200, "<AfricasTalkingResponse/>"), "unsure", "unreadable"),
        (plain(201, ""), "unsure", "unreadable"),
        (lambda _: says(["not", "ours"]), "unsure", "unreadable"),
        (lambda _: says({"SMSMessageData": {"Recipients": "none"}}), "unsure", "unreadable"),
        (body("InvalidSenderId"), "hold", "InvalidSenderId"),
        (body("InsufficientBalance"), "hold", "InsufficientBalance"),
        (body("Sent to 0/1 Total Cost: 0"), "retry", "no_recipients"),
        (body("Success"), "unsure", "no_recipients"),
        (body("something new"), "unsure", "no_recipients"),
        (body("Sent to 1/1", row(ZAHRA, 101)), "unsure", "not_listed"),
        (body("Sent to 1/1", {"number": AHMED, "status": "Success", "messageId": "A1"}), "sent", "Sent"),
        (body("Sent to 1/1", {"number": AHMED, "status": "UserInBlackList"}), "failed", "UserInBlacklist"),
        (body("Sent to 1/1", {"number": "9647700000001", "statusCode": "101", "cost": 0}), "sent", "Sent"),
    ],
)
def test_each_answer_has_its_outcome(
    far: Peer, provider: AfricasTalking, reply: Reply, outcome: str, code: str
) -> None:
    far.then(reply)
    got = one(provider)
    assert (got.outcome, got.code) == (outcome, code)
    assert len(far.asked) == 1


def test_what_is_kept_of_an_error_names_no_phone(far: Peer, provider: AfricasTalking) -> None:
    far.then(plain(400, f"malformed: to={AHMED}"))
    assert one(provider).detail == "malformed: to=…"


def test_recipients_are_matched_by_number(far: Peer, provider: AfricasTalking) -> None:
    far.then(listing({ZAHRA: 403, HASAN: 405}))
    got = provider.send([Outgoing(1, AHMED, "same"), Outgoing(2, ZAHRA, "same"), Outgoing(3, HASAN, "same")])
    assert [(o.message_id, o.outcome) for o in got] == [(1, "sent"), (2, "failed"), (3, "hold")]
    assert len(far.asked) == 1
