"""The door on a real socket: it takes plain hops, leaves the rest to Flask, and both ways give the same answer."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response, abort, request

from gateway.app import create_app
from gateway.door import Door
from gateway.runtime import Runtime
from gateway.switchboard import switchboard
from tests.fixtures import SECRET
from tests.gateway.served import ask, served

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
BODY = b"sessionId=ATUid_1&phoneNumber=%2B9647700000001&serviceCode=*964%23&text=&networkCode=41820"
PATH = f"/at/{SECRET}/ussd"
OURS = {"x-content-type-options", "cache-control", "content-type", "content-length"}


def beyond(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    start("418 Passed on", [])
    return [b"passed on"]


@pytest.fixture
def port(runtime: Runtime) -> Iterator[int]:
    """A door with nothing but an echo behind it."""
    with served(lambda: Door(switchboard(runtime), beyond, 2)) as port:
        yield port


def test_a_plain_hop_is_answered_without_flask(port: int) -> None:
    answer, body = ask(port, "POST", PATH, BODY, {"Content-Type": FORM})
    assert (answer.status, body[:4]) == (200, b"CON ")


@pytest.mark.parametrize(
    ("method", "path", "content_type"),
    [
        ("GET", PATH, FORM),
        ("PUT", PATH, FORM),
        ("POST", "/at/wrong-secret/ussd", FORM),
        ("POST", "/at//ussd", FORM),
        ("POST", f"/at/{SECRET}/x/ussd", FORM),
        ("POST", f"/at/{SECRET}%C3%A9/ussd", FORM),
        ("POST", f"{PATH}/ended", FORM),
        ("POST", f"/at/{SECRET}/sms", FORM),
        ("POST", PATH, f"{FORM}; charset=utf-8"),
        ("POST", PATH, "application/json"),
        ("POST", PATH, ""),
    ],
)
def test_anything_else_is_left_to_flask(port: int, method: str, path: str, content_type: str) -> None:
    assert ask(port, method, path, BODY, {"Content-Type": content_type})[0].status == 418


def test_a_body_that_is_long_or_has_no_length_is_left_to_flask(port: int) -> None:
    assert ask(port, "POST", PATH, BODY + b"&x=" + b"y" * 20_000, {"Content-Type": FORM})[0].status == 418
    parts = iter([BODY[:20], BODY[20:]])  # sent in chunks
    assert ask(port, "POST", PATH, parts, {"Content-Type": FORM})[0].status == 418


@pytest.mark.parametrize("body", [BODY, b"sessionId=&text=", b"text=%ff", b"text=1&text=2", b""])
def test_both_ways_give_the_same_answer_and_headers(runtime: Runtime, body: bytes) -> None:
    board = switchboard(runtime)
    with served(lambda: Door(board, create_app(runtime, board), 2)) as port:
        direct = ask(port, "POST", PATH, body, {"Content-Type": FORM})
        by_flask = ask(port, "POST", PATH, body, {"Content-Type": f"{FORM}; charset=utf-8"})
    assert (direct[0].status, direct[1]) == (by_flask[0].status, by_flask[1])
    assert _ours(direct[0].headers.items()) == _ours(by_flask[0].headers.items())


def _ours(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    found = {name.lower(): value for name, value in headers}
    return {name: found[name] for name in OURS}


def echo() -> Flask:
    """What a request was to Flask."""
    app = Flask("echo")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024

    @app.route("/fault")
    def fault() -> Response:
        raise LookupError("ours")

    @app.route("/none")
    def none() -> tuple[str, int]:
        return "", 204

    @app.route("/cookies")
    def cookies() -> Response:
        answer = Response("two")
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    @app.route("/<path:path>", methods=["GET", "POST"])
    def whatever(path: str) -> dict[str, Any]:
        if path == "gone":
            abort(410)
        form, body = dict(request.form), request.get_data(as_text=True)
        headers = {name: request.headers.get(name) for name in ("Host", "X-Twice", "Content-Type")}
        about = [request.method, request.remote_addr, request.content_length, request.url]
        return {"path": path, "args": dict(request.args), "form": form, "body": body, "about": about} | headers

    return app


@pytest.fixture
def behind(runtime: Runtime) -> Iterator[int]:
    """A door with an application behind it that says what it was asked."""
    with served(lambda: Door(switchboard(runtime), echo(), 2)) as port:
        yield port


def test_flask_is_asked_what_the_client_asked(behind: int) -> None:
    body = "ماء".encode()
    answer, said = ask(behind, "POST", "/%D9%85/a%20b?q=%D9%85&q2=+x", body, {"Content-Type": "text/plain"})
    found = json.loads(said)
    assert answer.status == 200
    assert found["path"] == "م/a b"
    assert found["args"] == {"q": "م", "q2": " x"}
    assert found["body"] == "ماء"
    assert found["about"][:3] == ["POST", "127.0.0.1", len(body)]
    assert found["Host"] == f"127.0.0.1:{behind}"
    assert found["Content-Type"] == "text/plain"


def test_a_body_in_chunks_is_whole(behind: int) -> None:
    _, said = ask(behind, "POST", "/x", iter([b"a=1&", b"b=2"]), {"Content-Type": FORM})
    assert json.loads(said)["form"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_body_that_is_too_long_is_refused(behind: int, size: int) -> None:
    assert ask(behind, "POST", "/x", b"x" * size, {"Content-Type": FORM})[0].status == 413


def test_answers_without_a_body_and_errors_arrive_as_they_are(behind: int) -> None:
    assert ask(behind, "GET", "/none")[0].status == 204
    assert ask(behind, "GET", "/gone")[0].status == 410
    assert ask(behind, "DELETE", "/x")[0].status == 405
    head, nothing = ask(behind, "HEAD", "/x")
    assert (head.status, nothing) == (200, b"")
    fault, said = ask(behind, "GET", "/fault")
    assert fault.status == 500
    assert b"LookupError" not in said


def test_a_header_that_is_there_twice_stays_twice(behind: int) -> None:
    answer, _ = ask(behind, "GET", "/cookies")
    assert [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie", [])] == ["a=1", "b=2"]
