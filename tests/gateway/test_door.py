"""The door before Flask: it takes plain hops, answers them as Flask's route does, and leaves everything else alone."""

from collections.abc import Iterable

import pytest
from flask import Flask
from werkzeug.test import Client, EnvironBuilder

from gateway.door import door
from gateway.runtime import Runtime
from gateway.sessions import Sessions
from tests.fixtures import SECRET

FORM = "application/x-www-form-urlencoded"
BODY = b"sessionId=ATUid_1&phoneNumber=%2B9647700000001&serviceCode=*964%23&text=&networkCode=41820"
PATH = f"/at/{SECRET}/ussd"


def beyond(environ: object, start: object) -> Iterable[bytes]:
    raise LookupError("passed on")


def test_a_plain_hop_is_answered_without_flask(runtime: Runtime) -> None:
    client = Client(door(runtime, Sessions(runtime.wire), beyond))
    assert client.post(PATH, data=BODY, content_type=FORM).text.startswith("CON ")


@pytest.mark.parametrize(
    ("method", "path", "content_type"),
    [
        ("GET", PATH, FORM),
        ("PUT", PATH, FORM),
        ("POST", "/at/wrong-secret/ussd", FORM),
        ("POST", "/at//ussd", FORM),
        ("POST", f"/at/{SECRET}/x/ussd", FORM),
        ("POST", f"/at/{SECRET}é/ussd", FORM),
        ("POST", f"{PATH}/ended", FORM),
        ("POST", f"/at/{SECRET}/sms", FORM),
        ("POST", PATH, f"{FORM}; charset=utf-8"),
        ("POST", PATH, "application/json"),
        ("POST", PATH, ""),
    ],
)
def test_anything_else_is_left_to_flask(runtime: Runtime, method: str, path: str, content_type: str) -> None:
    client = Client(door(runtime, Sessions(runtime.wire), beyond))
    with pytest.raises(LookupError):
        client.open(path, method=method, data=BODY, content_type=content_type)


@pytest.mark.parametrize("length", ["20000", "", "-1", "٣", "1e3"])
def test_a_body_without_a_plain_length_is_left_to_flask(runtime: Runtime, length: str) -> None:
    environ = EnvironBuilder(PATH, method="POST", data=BODY, content_type=FORM).get_environ()
    environ["CONTENT_LENGTH"] = length
    with pytest.raises(LookupError):
        door(runtime, Sessions(runtime.wire), beyond)(environ, lambda *_: print)


@pytest.mark.parametrize("body", [BODY, b"sessionId=&text=", b"text=%ff", b"text=1&text=2", b""])
def test_both_ways_give_the_same_answer_and_headers(app: Flask, body: bytes) -> None:
    client = app.test_client()
    direct = client.post(PATH, data=body, content_type=FORM)
    by_flask = client.post(PATH, data=body, content_type=f"{FORM}; charset=utf-8")
    assert (direct.status, direct.data) == (by_flask.status, by_flask.data)
    assert dict(direct.headers) == dict(by_flask.headers)
