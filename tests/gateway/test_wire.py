"""The web part's wire, byte by byte: every request is answered once, in order, by its own route, or not at all."""

from collections.abc import Callable, Iterator

import pytest

from gateway.app import create_app
from gateway.door import Door
from gateway.runtime import Runtime
from gateway.switchboard import switchboard
from tests.gateway.raw_client import Served, ask, form, hop, quiet, wired
from tests.gateway.test_door import PATH, echo


@pytest.fixture
def behind(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    """A door, and an application behind it that says what it was asked; nothing may be logged."""
    with quiet(caplog), wired(lambda: Door(switchboard(runtime), echo(), 2)) as served:
        yield served


@pytest.fixture
def whole(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    """The web part as citizens have it; nothing may be logged."""
    board = switchboard(runtime)
    with quiet(caplog), wired(lambda: Door(board, create_app(runtime, board), 2)) as served:
        yield served


def told(answer: tuple[int, bytes]) -> str:
    """Which request of `asked` below an answer belongs to."""
    status, body = answer
    assert status == 200
    return "h" if body.startswith(b"CON ") else body.partition(b'"path":"')[2][:1].decode()


@pytest.mark.parametrize("asked", ["hh", "hp", "ph", "sh", "hsh", "phphs", "hhhhhhhh"])
def test_requests_in_one_segment_are_answered_in_order_each_by_its_own_route(behind: Served, asked: str) -> None:
    make: dict[str, Callable[[], bytes]] = {"h": hop, "p": lambda: ask("GET", "/page"), "s": lambda: hop(path="/sms")}
    client = behind.client().sends(b"".join(make[each]() for each in asked))
    assert [told(client.answer()) for _ in asked] == list(asked)
    assert told(client.sends(hop()).answer()) == "h"
    assert behind.state.total_requests == len(asked) + 1


def test_many_hops_come_on_one_connection(behind: Served) -> None:
    client = behind.client()
    assert {told(client.sends(hop()).answer()) for _ in range(50)} == {"h"}


@pytest.mark.parametrize("path", [PATH, "/sms"])
def test_a_request_may_come_byte_by_byte(behind: Served, path: str) -> None:
    one = hop(path=path)
    client = behind.client().sends(*(one[each : each + 1] for each in range(len(one))))
    assert told(client.answer()) == ("h" if path == PATH else "s")
    assert told(client.sends(one[:-9], one[-9:], pause=0.1).answer()) == ("h" if path == PATH else "s")


@pytest.mark.parametrize("path", [PATH, f"{PATH}?by=flask"])
def test_half_a_body_is_no_request(whole: Served, runtime: Runtime, path: str) -> None:
    whole.client().sends(hop(path=path, body=form("1*2"))[:-2], pause=0.1).leaves()
    whole.holds_nothing()
    assert runtime.redis.keys("s:*") == []


def test_a_hop_whose_client_has_left_is_done_quietly(behind: Served, runtime: Runtime) -> None:
    for each in range(20):
        behind.client().sends(hop(body=form(session=f"wire-gone-{each}"))).leaves()
    behind.holds_nothing()
    assert len(runtime.redis.keys("s:*")) == 20


@pytest.mark.parametrize(
    ("one", "begins"),
    [
        (hop(version="1.0"), b"CON "),
        (hop("Connection: keep-alive", version="1.0"), b"CON "),
        (hop("Connection: close"), b"CON "),
        (hop("Connection: close") + hop(), b"CON "),
        (ask("GET", "/x", "Connection: close"), b"{"),
    ],
)
def test_a_connection_that_shall_end_ends_after_its_answer(behind: Served, one: bytes, begins: bytes) -> None:
    client = behind.client().sends(one)
    status, body = client.answer()
    assert (status, body[: len(begins)]) == (200, begins)
    assert client.is_closed()


CHUNKED = hop(
    "Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\nX-After: 1\r\n\r\n" % (len(form("", "c")), form("", "c"))
)
SPACED = form(session="wire-spaced")


@pytest.mark.parametrize(
    "one",
    [
        hop(path=f"http://gateway.example{PATH}"),
        hop(path=f"{PATH}?x=1"),
        hop(path=f"{PATH}#x"),
        hop(path=PATH.replace("u", "%75")),
        hop("X-Name: \xe9t\xe9"),
        hop("X-Empty:"),
        hop("X-Twice: 1", "X-Twice: 2"),
        hop("Content_Type: text/plain", "Content_Length: 3"),
        hop("X-Long: " + "x" * 60_000),
        hop("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
        hop("Connection: Upgrade", "Upgrade: websocket"),
        hop(size=f" 0{len(SPACED)}  ", body=SPACED),
        CHUNKED.replace(b"Content-Length", b"X-Length"),
        b"\r\n\r\n" + hop(),
    ],
)
def test_an_unusual_hop_is_answered_all_the_same(whole: Served, one: bytes) -> None:
    client = whole.client().sends(one)
    assert told(client.answer()) == "h"
    assert client.read == b""


def test_a_client_that_asks_first_is_told_to_go_on(whole: Served) -> None:
    one = form()
    client = whole.client().sends(hop("Expect: 100-continue", body=one)[: -len(one)])
    assert client.answer()[0] == 100
    assert told(client.sends(one).answer()) == "h"


def test_other_methods_on_a_hops_path_are_refused_politely(whole: Served) -> None:
    client = whole.client()
    for method, status in [("HEAD", 405), ("OPTIONS", 200), ("PATCH", 405), ("GET", 405), ("DELETE", 405)]:
        assert client.sends(ask(method, PATH)).answer(head=method == "HEAD")[0] == status
    assert told(client.sends(hop()).answer()) == "h"
