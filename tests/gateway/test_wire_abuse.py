"""Clients that send nonsense, too much, too slowly, or read nothing are refused or cut off, and nobody else is."""

import time
from collections.abc import Iterator

import pytest

from gateway import ussd, wire
from gateway.app import create_app
from gateway.door import Door
from gateway.runtime import Runtime
from gateway.switchboard import switchboard
from tests.gateway.raw_client import Client, Served, ask, form, hop, logged, quiet, wired
from tests.gateway.served import serving
from tests.gateway.test_door import PATH
from tests.processes import wait_until

ONE = form(session="wire-one")
SIZE = str(len(ONE))


@pytest.fixture
def whole(runtime: Runtime) -> Iterator[Served]:
    """The web part as citizens have it."""
    board = switchboard(runtime)
    with wired(lambda: Door(board, create_app(runtime, board), 2)) as served:
        yield served


@pytest.mark.parametrize(
    "one",
    [
        hop(f"Content-Length: {SIZE}", body=ONE),
        hop("Content-Length: 1", body=ONE),
        hop("Transfer-Encoding: chunked", body=ONE),
        hop(size=f"+{SIZE}", body=ONE),
        hop(size=f"-{SIZE}", body=ONE),
        hop(size=f"{SIZE} {SIZE}", body=ONE),
        hop(size=f"{SIZE},{SIZE}", body=ONE),
        hop(size="0x10", body=ONE),
        hop(size="9" * 40, body=ONE),
        hop("X Name: x", body=ONE),
        hop("X-Name: a\0b", body=ONE),
        hop(path="/at/\xff/ussd", body=ONE),
        hop(path="http://only.a.host", body=ONE),
        hop(version="9.9", body=ONE),
        ask("CONNECT", "example.org:443"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0" * 50,
    ],
)
def test_what_is_no_http_is_refused_without_a_trace(
    whole: Served, caplog: pytest.LogCaptureFixture, runtime: Runtime, one: bytes
) -> None:
    client = whole.client().sends(one)
    assert client.answer()[0] == 400
    assert client.is_closed()
    assert {each.name for each in logged(caplog)} <= {"gateway.wire"}
    assert runtime.redis.keys("s:*") == []


def test_a_length_of_thousands_of_digits_is_no_fault_of_ours(whole: Served, caplog: pytest.LogCaptureFixture) -> None:
    status, _ = whole.client().sends(hop(size="0" * 5000 + SIZE, body=ONE)).answer()
    assert status == 200
    assert [each.name for each in logged(caplog)] == ["gateway.ussd"]


@pytest.mark.parametrize("more", [b"&more=than&its=length", b"\xff\xff", b"GET nonsense\r\n\r\n"])
def test_nonsense_after_a_hop_does_not_take_its_answer(whole: Served, more: bytes) -> None:
    client = whole.client().sends(hop() + hop() + more)
    assert [client.answer()[1][:4] for _ in range(2)] == [b"CON "] * 2
    assert client.is_closed()


def test_a_head_without_end_is_refused(whole: Served) -> None:
    for part in [b"x" * 5000, b"X-Y: z\r\n" * 600]:
        client = whole.client().sends(b"GET /")
        try:
            client.sends(*[b" HTTP/1.1\r\n" if part[:1] == b"X" else b"", *[part] * 40], pause=0.001)
        except (BrokenPipeError, ConnectionResetError):
            continue
        assert client.answer()[0] == 400
        assert client.is_closed()


def test_a_large_head_that_ends_is_no_trouble_and_its_size_is_forgotten(whole: Served) -> None:
    client = whole.client()
    for _ in range(4):
        one = hop("X-Long: " + "x" * 50_000)
        assert client.sends(one[:30_000], one[30_000:], pause=0.01).answer()[1][:4] == b"CON "


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SWEEP_S", 0.1)
    monkeypatch.setattr(wire, "PATIENCE_S", 0.5)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"\r\n"],
        [b"POST /at"],
        [hop()[:40]],
        [hop()[:-1]],
        [hop(), b"POST"],
        [hop(), hop()[:-1]],
        [ask("GET", "/health"), hop(path="/x")[:-1]],
        [hop(path="/x", size="3000000")],
        [hop()],
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_client_that_owes_us_something_is_not_waited_for(
    whole: Served, caplog: pytest.LogCaptureFixture, parts: list[bytes]
) -> None:
    with quiet(caplog):
        client = whole.client().sends(*parts, pause=0.05)
        wait_until(lambda: not whole.state.connections, 2)
        whole.holds_nothing()
    client.leaves()


@pytest.mark.usefixtures("impatient")
def test_a_client_that_keeps_on_is_waited_for(whole: Served) -> None:
    client = whole.client()
    for _ in range(8):
        assert client.sends(hop(), pause=0.2).answer()[0] == 200


@pytest.mark.usefixtures("impatient")
def test_a_body_drop_by_drop_is_not_waited_for(whole: Served) -> None:
    one = hop()
    client = whole.client().sends(one[:-30])
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        client.sends(*(one[-30 + each :][:1] for each in range(29)), pause=0.05)


@pytest.mark.usefixtures("impatient")
def test_a_client_that_reads_no_answer_is_not_answered_for_ever(whole: Served) -> None:
    client = whole.client()
    client.socket.settimeout(0.2)
    with pytest.raises((TimeoutError, BrokenPipeError, ConnectionResetError)):
        client.sends(*[b"".join(hop() for _ in range(100))] * 2000)
    assert all(len(each.pipeline) < 2000 for each in whole.state.connections)  # type: ignore[union-attr]
    wait_until(lambda: not whole.state.connections, 4)
    assert whole.client().sends(hop()).answer()[0] == 200


def test_a_worker_that_ends_waits_for_nobody_who_owes_it_something(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wire, "LINGER_S", 0.1)
    board = switchboard(runtime)
    with quiet(caplog), serving(lambda: Door(board, create_app(runtime, board), 2)) as (port, state):
        owing = [b"", b"POST", hop()[:-1], hop(path="/x")[:-1], hop(), hop() + b"POST"]
        clients = [Client(port).sends(each) for each in owing]
        wait_until(lambda: len(state.connections) == len(clients))
        clients[-1].answer()
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    assert not state.connections
    assert not state.tasks
    for each in clients:
        each.leaves()


def test_a_hop_that_fails_outside_the_engine_has_an_answer(
    whole: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: object) -> str:
        raise LookupError("ours")

    monkeypatch.setattr(ussd, "answered", fails)
    client = whole.client()
    for _ in range(2):
        status, body = client.sends(hop()).answer()
        assert (status, body[:4]) == (200, b"END ")
    assert [each.getMessage() for each in logged(caplog)] == ["a hop failed outside the engine"] * 2
    assert client.sends(hop(path=f"{PATH}/ended")).answer()[0] == 200
