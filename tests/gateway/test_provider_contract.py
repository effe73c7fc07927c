"""Every adapter keeps the same promises, over a real socket."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

import pytest

from gateway.providers.africastalking import AfricasTalking
from gateway.providers.kannel import Kannel
from tests.peers import Asked, Peer, listing, plain
from tests.providers_kit import CHECKS, PATIENCE, Adapter


def read_form(asked: Asked) -> list[tuple[str, str]]:
    return [(phone, asked.form["message"]) for phone in asked.phones]


def read_query(asked: Asked) -> list[tuple[str, str]]:
    fields = {name: unquote_to_bytes(value) for name, value in (pair.split(b"=") for pair in asked.query.split(b"&"))}
    charset = {b"UTF-16BE": "utf-16-be", b"UTF-8": "utf-8"}[fields[b"charset"]]
    assert fields[b"coding"] == (b"2" if charset == "utf-16-be" else b"0")
    return [(fields[b"to"].decode(), fields[b"text"].decode(charset))]


REPORTS = "http://127.0.0.1:8080/kannel/a-secret/delivery"
ADAPTERS = [
    Adapter(
        name="africastalking",
        make=lambda url: AfricasTalking("missan", "secret-key", "MISSAN", url, timeout=PATIENCE),
        read=read_form,
        takes=listing({}),
        refuses_phone=listing({}, default=403),
        is_busy=plain(429),
        refuses_account=plain(401, "The supplied authentication is invalid"),
        mumbles=plain(200, "<html>"),
        breaks=plain(500),
    ),
    Adapter(
        name="kannel",
        make=lambda url: Kannel(url, "missan", "secret", "MISSAN", REPORTS, timeout=PATIENCE),
        read=read_query,
        takes=plain(202, "0: Accepted for delivery"),
        refuses_phone=plain(403, "Not routable. Do not try again."),
        is_busy=plain(503, "Temporal failure, try again later."),
        refuses_account=plain(403, "Authorization failed for sendsms"),
        mumbles=plain(200, "<html>"),
        breaks=plain(500),
    ),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_an_adapter_keeps_its_promises(far: Peer, adapter: Adapter, check: Callable[[Adapter, Peer], None]) -> None:
    check(adapter, far)
