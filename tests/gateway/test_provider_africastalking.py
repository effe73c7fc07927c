"""The Africa's Talking adapter against a far side on a real socket: the SDK's wire, pooled, and broken lines."""

import socket

import pytest

from gateway.providers import Outcome, Outgoing, grouped
from gateway.providers.africastalking import AfricasTalking
from tests.peers import PATH, Peer, closed_port, hanging_up, keeping_alive, slow

AHMED, ZAHRA, HASAN = "+9647700000001", "+9647800000002", "+9647500000003"


def one(provider: AfricasTalking, phone: str = AHMED, text: str = "طلبك قيد المراجعة") -> Outcome:
    (outcome,) = provider.send([Outgoing(7, phone, text)])
    return outcome


def test_the_request_is_the_sdk_s_own(far: Peer, provider: AfricasTalking) -> None:
    outcome = one(provider)
    (asked,) = far.asked
    assert asked.path == PATH
    assert asked.form == {
        "username": "missan",
        "to": AHMED,
        "message": "طلبك قيد المراجعة",
        "bulkSMSMode": "1",
        "from": "MISSAN",
    }
    assert {name.casefold(): value for name, value in asked.headers.items()}["apikey"] == "secret-key"
    assert asked.headers["Accept"] == "application/json"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.headers["User-Agent"].startswith("africastalking-python/")
    assert (outcome.outcome, outcome.cost) == ("sent", "KES 0.8000")
    assert outcome.provider_id == f"ATXid_{asked.number}_9647700000001"


def test_without_a_sender_the_field_is_left_out(far: Peer) -> None:
    provider = AfricasTalking("missan", "secret-key", None, far.url + "/version1")
    one(provider)
    provider.close()
    assert "from" not in far.asked[0].form
    assert far.asked[0].path == PATH


def test_one_connection_carries_all_requests() -> None:
    with keeping_alive() as (url, ports):
        provider = AfricasTalking("missan", "key", None, url)
        outcomes = [one(provider, text=f"n{number}").outcome for number in range(5)]
        provider.close()
    assert outcomes == ["sent"] * 5
    assert len(ports) == 5
    assert len(set(ports)) == 1


def test_a_connection_left_idle_is_not_trusted() -> None:
    seconds = iter([0.0, 1.0, 2.0, 2.0, 100.0, 101.0, 101.0])
    with keeping_alive() as (url, ports):
        provider = AfricasTalking("missan", "key", None, url, clock=lambda: next(seconds))
        one(provider)
        one(provider)
        provider.close()
    assert len(set(ports)) == 2


def test_different_texts_go_apart_and_come_back_in_order(far: Peer, provider: AfricasTalking) -> None:
    got = provider.send([Outgoing(1, AHMED, "a"), Outgoing(2, ZAHRA, "b"), Outgoing(3, HASAN, "a")])
    assert [o.message_id for o in got] == [1, 2, 3]
    assert far.sent == [(AHMED, "a"), (HASAN, "a"), (ZAHRA, "b")]


def test_a_group_has_no_phone_twice_and_no_more_than_the_limit() -> None:
    messages = [Outgoing(1, AHMED, "x"), Outgoing(2, AHMED, "x"), Outgoing(3, ZAHRA, "x"), Outgoing(4, HASAN, "x")]
    assert [[m.id for m in group] for group in grouped(messages, 2)] == [[1, 3], [2, 4]]


def test_a_phone_that_is_none_is_never_asked_for(far: Peer, provider: AfricasTalking) -> None:
    got = provider.send([Outgoing(1, "+٩٦٤٧٧٠٠٠٠٠٠٠١", "x"), Outgoing(2, AHMED, "x"), Outgoing(3, "5599", "x")])
    assert [o.outcome for o in got] == ["failed", "sent", "failed"]
    assert far.asked[0].phones == [AHMED]


def test_an_answer_that_comes_too_late_is_unsure(far: Peer, provider: AfricasTalking) -> None:
    far.then(slow(1.0))
    got = one(provider)
    assert (got.outcome, got.code) == ("unsure", "timeout")
    assert got.latency_ms >= 500
    assert len(far.asked) == 1


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"])
def test_a_line_cut_after_the_request_is_unsure(answer: bytes) -> None:
    with hanging_up(answer) as (url, read):
        provider = AfricasTalking("missan", "key", None, url, timeout=(0.5, 0.5))
        assert (one(provider).outcome, one(provider).code) == ("unsure", "lost")
        provider.close()
    assert len(read) == 2


def test_a_refused_connection_may_be_tried_again() -> None:
    provider = AfricasTalking("missan", "key", None, closed_port())
    assert (one(provider).outcome, one(provider).code) == ("retry", "connect")


def test_a_name_nobody_has_may_be_tried_again() -> None:
    provider = AfricasTalking("missan", "key", None, "http://provider.invalid")
    assert (one(provider).outcome, one(provider).code) == ("retry", "connect")


def test_a_connection_that_never_opens_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
        provider = AfricasTalking("missan", "key", None, f"http://127.0.0.1:{port}", timeout=(0.3, 0.3))
        assert (one(provider).outcome, one(provider).code) == ("retry", "connect")
        for line in waiting:
            line.close()


@pytest.mark.parametrize("username", ["Sandbox", " sandbox", "SANDBOX ", "", " "])
def test_a_user_name_that_only_looks_like_the_sandbox_is_refused(username: str) -> None:
    with pytest.raises(ValueError, match="AT_USERNAME"):
        AfricasTalking(username, "key")


@pytest.mark.parametrize("base_url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "/version1"])
def test_an_address_that_is_none_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="AT_BASE_URL"):
        AfricasTalking("sandbox", "key", None, base_url)
