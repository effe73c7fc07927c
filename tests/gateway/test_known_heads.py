"""A head that came before is not read again: every request is answered all the same, in order, by its own route."""

import re
import time
from collections.abc import Iterator

import pytest

from gateway import door, wire
from gateway.door import Door
from gateway.runtime import Runtime
from gateway.switchboard import switchboard
from tests.gateway.raw_client import Client, Served, ask, form, hop, quiet, wired
from tests.gateway.test_door import echo
from tests.gateway.test_wire import told


@pytest.fixture
def made(runtime: Runtime) -> list[Door]:
    """The door, once it is served."""
    return []


@pytest.fixture
def behind(runtime: Runtime, made: list[Door], caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    """A door, and an application behind it that says what it was asked; nothing may be logged."""

    def make() -> Door:
        made.append(Door(switchboard(runtime), echo(), 2))
        return made[0]

    with quiet(caplog), wired(make) as served:
        yield served


def a_hop(number: int, text: str = "") -> bytes:
    """Of this many's session: all have the same head where their texts are of the same length."""
    return hop(body=form(text, f"known-{number:04}"))


def acquainted(behind: Served) -> Client:
    """A client of whose hops the head is known."""
    client = behind.client()
    assert told(client.sends(a_hop(0)).answer()) == "h"
    return client


def test_a_hop_with_a_known_head_is_answered_by_its_own_body(behind: Served, made: list[Door]) -> None:
    client, other = acquainted(behind), behind.client()
    main, asked, declined = (client.sends(a_hop(1, text)).answer() for text in ("", "2", "2*2"))
    assert len({main, asked, declined}) == 3
    assert client.sends(a_hop(2)).answer() == main
    assert client.sends(a_hop(2, "2")).answer() == other.sends(a_hop(1, "2")).answer() == asked
    assert client.sends(a_hop(2, "2*2")).answer() == declined
    assert list(made[0].heads.values()) == [len(form(text, "known-0001")) for text in ("", "2", "2*2")]
    assert behind.state.total_requests == 8


@pytest.mark.parametrize("cut", [3, 60, -1, -20, -61])
def test_one_that_comes_in_pieces_is_answered_once(behind: Served, cut: int) -> None:
    client, one = acquainted(behind), a_hop(1)
    assert told(client.sends(one[:cut], one[cut:], pause=0.05).answer()) == "h"
    assert told(client.sends(a_hop(2)).answer()) == "h"
    assert behind.state.total_requests == 3


@pytest.mark.parametrize("asked", ["hh", "hp", "ph", "php", "hhhh", "hppph"])
@pytest.mark.parametrize("is_apart", [True, False])
def test_several_are_answered_in_order_each_by_its_own_route(behind: Served, asked: str, is_apart: bool) -> None:
    client = acquainted(behind)
    for again in range(3):
        parts = [a_hop(again * 10 + n) if kind == "h" else ask("GET", "/page") for n, kind in enumerate(asked)]
        client.sends(*(parts if is_apart else [b"".join(parts)]))
        assert [told(client.answer()) for _ in asked] == list(asked)
    assert client.read == b""
    assert behind.state.total_requests == 1 + 3 * len(asked)


def test_a_known_head_within_another_request_is_part_of_that_one(behind: Served, runtime: Runtime) -> None:
    client, one = acquainted(behind), a_hop(7)
    page = b"POST /page HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(one)
    assert told(client.sends(page, one, pause=0.05).answer()) == "p"
    assert client.sends(page[:-2], b"\r\n", one, pause=0.05).answer()[1].count(b"known-0007") == 1
    assert len(runtime.redis.keys("s:*")) == 1
    assert told(client.sends(a_hop(8)).answer()) == "h"


@pytest.mark.parametrize("header", ["Connection: close", "Transfer-Encoding: chunked", "Expect: 100-continue"])
def test_of_a_hop_that_is_not_plain_no_head_is_kept(behind: Served, made: list[Door], header: str) -> None:
    if header.startswith("Transfer"):
        body = form()
        one = hop(header, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)).replace(b"Content-Length", b"X-Length")
    else:
        one = hop(header)
    for _ in range(2):
        client = behind.client().sends(one)
        if client.answer()[0] == 100:
            client.answer()
    assert made[0].heads == {}


def test_so_many_heads_are_kept_and_none_that_is_long(
    behind: Served, made: list[Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "HEADS", 3)
    client = behind.client()
    for each in range(8):
        assert told(client.sends(hop(body=form("1" * (each + 1)))).answer()) == "h"
        assert 1 <= len(made[0].heads) <= 3
    kept = dict(made[0].heads)
    assert told(client.sends(hop("X-Long: " + "x" * door.HEAD)).answer()) == "h"
    assert made[0].heads == kept


def test_who_keeps_calling_is_not_taken_for_silent(behind: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SWEEP_S", 0.1)
    monkeypatch.setattr(wire, "PATIENCE_S", 0.5)
    client = acquainted(behind)
    for each in range(6):
        time.sleep(0.25)
        assert told(client.sends(a_hop(each)).answer()) == "h"
    assert client.is_closed()  # now


def test_each_answer_has_its_own_date(behind: Served) -> None:
    client, found = acquainted(behind), set()
    for each in range(2):
        client.sends(a_hop(each))
        client._more()
        found |= set(re.findall(rb"date: [^\r]+", client.read))
        client.answer()
        time.sleep(1.1)
    assert len(found) == 2


def test_a_worker_that_leaves_says_so(runtime: Runtime) -> None:
    with wired(lambda: Door(switchboard(runtime), echo(), 2)) as served:
        client = acquainted(served)
        for each in list(served.state.connections):
            each.is_leaving = True  # type: ignore[union-attr]
        assert told(client.sends(a_hop(1)).answer()) == "h"
        assert client.is_last
        assert client.is_closed()
