"""The handset page without a browser: what passes to the far side, and what the page may load."""

import re
from collections.abc import Iterator

import pytest
import requests

from gateway.simulator.page.texts import ARABIC, ENGLISH
from tests.browser.phone_desk import page_server
from tests.gateway.stub_gateway import PHONE, far_side


@pytest.fixture
def url() -> Iterator[str]:
    with far_side() as (_, phone), page_server(phone.far_side.url) as address:
        yield address


def test_only_the_named_routes_pass_and_only_json(url: str) -> None:
    assert requests.get(f"{url}/api/inbox", timeout=5).status_code == 200
    for method, path in (("GET", "dial"), ("POST", "inbox"), ("GET", "../switches"), ("GET", "sessions/x")):
        assert requests.request(method, f"{url}/api/{path}", timeout=5).status_code == 404
    form = requests.post(f"{url}/api/text", {"phone": PHONE}, timeout=5)
    assert form.status_code == 415
    assert requests.post(f"{url}/api/text", json={"phone": "x" * 20_000}, timeout=5).status_code == 415


def test_the_page_allows_no_inline_script_and_no_other_host(url: str) -> None:
    reply = requests.get(url, timeout=5)
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", reply.text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", reply.text)


def test_both_languages_have_the_same_words() -> None:
    assert ARABIC.keys() == ENGLISH.keys()
