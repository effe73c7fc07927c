"""Who gets into the API, and how whatever is not a well-formed request is refused: always a problem document."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from gateway import keys
from gateway.api.blueprint import OPERATIONS, PREFIX
from gateway.app import create_app
from gateway.runtime import Runtime
from store import officers
from store.db import Database
from tests.gateway.office import PHONE, Desk, Office

ROUTES = [(each.method, PREFIX + each.path.replace("<reference>", "24839174")) for each in OPERATIONS]
ACTION = {"action": "accept", "params": {}, "expected_version": 1}


@pytest.fixture
def office(runtime: Runtime, app: Flask) -> Office:
    return Office(runtime, app)


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


def problem(answer: TestResponse, status: int, kind: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.text)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert kind is None or body["type"] == f"urn:problem-type:missan:{kind}"
    return body


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", ["none", "wrong", "disabled", "malformed", "basic"])
def test_every_route_refuses_whoever_has_no_valid_key(office: Office, method: str, path: str, header: str) -> None:
    fired = office.hire("Ali", "CLERK")
    with office.runtime.db.transaction() as tx:
        officers.disable(tx, "Ali", office.runtime.now())
    said = {
        "wrong": f"Bearer {keys.make().key}",
        "disabled": f"Bearer {fired.key}",
        "malformed": "Bearer me",
        "basic": "Basic YTpi",
    }
    headers = {} if header == "none" else {"Authorization": said[header]}
    answer = office.app.test_client().open(path, method=method, headers=headers)
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="missan"')
    assert ("invalid_token" in answer.headers["WWW-Authenticate"]) == (header != "none")


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", f"{PREFIX}/openapi.json")])
def test_every_route_has_one_method_and_names_it(app: Flask, method: str, path: str) -> None:
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - {method}:
        answer = app.test_client().open(path, method=other)
        problem(answer, 405, "wrong_method")
        assert method in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/services",
        "/api/v1/services/",
        "/api//v1/services",
        "/api/v1/applications//actions",
        "/api/v1/%00",
        "/api/v1/<script>",
    ],
)
def test_what_is_no_route_is_a_problem_and_never_a_page(app: Flask, path: str) -> None:
    problem(app.test_client().get(path), 404, "no_route")


def test_pages_outside_the_api_keep_their_own_answers(app: Flask) -> None:
    assert app.test_client().get("/apiary").content_type.startswith("text/html")
    assert app.test_client().get("/health").json == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b"", "application/json", 400, "bad_json"),
        (b"{", "application/json", 400, "bad_json"),
        (b'{"action": "accept",}', "application/json", 400, "bad_json"),
        (b"\xff\xfe", "application/json", 400, "bad_json"),
        (b'{"action": "\xd9"}', "application/json", 400, "bad_json"),
        (b'{"action": "\\ud800"}', "application/json", 400, "bad_json"),
        (b"[" * 50_000, "application/json", 400, "bad_json"),
        (b"null", "application/json", 422, "invalid_request"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b'"accept"', "application/json", 422, "invalid_request"),
        (b"{}", "application/json; charset=utf-8", 422, "invalid_request"),
        (b"{}", "text/plain", 415, "wrong_type"),
        (b"action=accept", "application/x-www-form-urlencoded", 415, "wrong_type"),
        (b"{}", "", 415, "wrong_type"),
        (b" " * (64 * 1024 + 1), "application/json", 413, "too_large"),
    ],
)
@pytest.mark.parametrize("path", ["/applications/24839174/actions", "/actions"])
def test_a_body_that_cannot_be_read_is_refused(
    office: Office, clerk: Desk, path: str, body: bytes, content_type: str, status: int, kind: str
) -> None:
    headers = {"Authorization": f"Bearer {clerk.key}"}
    answer = office.app.test_client().post(PREFIX + path, data=body, content_type=content_type, headers=headers)
    problem(answer, status, kind)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expected_version": None}, "expected_version"),
        ({"expected_version": "1"}, "expected_version"),
        ({"expected_version": True}, "expected_version"),
        ({"expected_version": 1.5}, "expected_version"),
        ({"expected_version": 0}, "expected_version"),
        ({"action": "Accept"}, "action"),
        ({"action": "a" * 41}, "action"),
        ({"action": ""}, "action"),
        ({"action": "accept\x00"}, "action"),
        ({"params": []}, "params"),
        ({"params": None}, "params"),
        ({"note": "x"}, "note"),
    ],
)
def test_a_field_that_does_not_fit_is_named(office: Office, clerk: Desk, change: dict[str, object], field: str) -> None:
    reference = office.case()
    found = problem(clerk.post(f"/applications/{reference}/actions", ACTION | change), 422, "invalid_request")
    assert [each["name"] for each in found["fields"]] == [field]
    assert office.now(reference).version == 1


@pytest.mark.parametrize("missing", ["action", "expected_version"])
def test_what_is_asked_and_the_version_that_was_read_must_be_said(clerk: Desk, missing: str) -> None:
    body = {name: value for name, value in ACTION.items() if name != missing}
    found = problem(clerk.post("/applications/24839174/actions", body), 422, "invalid_request")
    assert found["fields"] == [{"name": missing, "reason": "Field required"}]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/applications", "limit=0", "limit"),
        ("/applications", "limit=201", "limit"),
        ("/applications", "limit=many", "limit"),
        ("/applications", "limit=1&limit=2", "limit"),
        ("/applications", "page=2", "page"),
        ("/applications", "service=watre", "service"),
        ("/applications", "state=UNDER_REVEIW", "state"),
        ("/applications", "state=%00", "state"),
        ("/applications", "phone=ahmed", "phone"),
        ("/applications", "phone=%00", "phone"),
        ("/applications", "cursor=", "cursor"),
        ("/applications", "cursor=abc", "cursor"),
        ("/applications", "cursor=%D9%A0", "cursor"),
        ("/applications", "cursor=MC4yNDgzOTE3NA==", "cursor"),
        ("/applications", "cursor=MDAuMjQ4MzkxNzQ", "cursor"),
        ("/services", "language=ar", "language"),
        ("/applications/24839174", "full=1", "full"),
    ],
)
def test_a_query_that_does_not_fit_is_named(clerk: Desk, path: str, query: str, field: str) -> None:
    found = problem(clerk.get(f"{path}?{query}"), 422, "invalid_request")
    assert [each["name"] for each in found["fields"]] == [field]


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 201])
def test_an_idempotency_key_is_one_printable_word(clerk: Desk, key: str) -> None:
    found = problem(clerk.post("/actions", {"actions": []}, key=key), 422, "invalid_request")
    assert found["fields"][0]["name"] == "Idempotency-Key"


def test_the_key_is_checked_before_the_body_is_read(app: Flask) -> None:
    problem(app.test_client().post(f"{PREFIX}/actions", data=b"{", content_type="text/html"), 401)


def test_without_the_store_the_answer_is_503_and_says_when_to_come_back(runtime: Runtime, clerk: Desk) -> None:
    away = replace(runtime, db=Database("postgresql://x@127.0.0.1:1/x"))
    answer = Desk(create_app(away), clerk.key).get("/applications")
    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert create_app(away).test_client().get(f"{PREFIX}/openapi.json").status_code == 200


def test_a_fault_of_ours_is_a_problem_without_a_word_on_what_it_was(runtime: Runtime, clerk: Desk) -> None:
    broken = replace(runtime, content=replace(runtime.content, services=None))  # type: ignore[arg-type]
    with capture_logs() as lines:
        answer = Desk(create_app(broken), clerk.key).get("/services")
    problem(answer, 500, "fault")
    assert "NoneType" not in answer.text
    assert [line["error"] for line in lines if line["log_level"] == "error"] == ["AttributeError"]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", f"/applications?phone={PHONE.replace('+', '%2B')}", "/api/v1/applications", 200),
        ("GET", "/applications/24839170", "/api/v1/applications/<reference>", 404),
        ("POST", "/actions", "/api/v1/actions", 422),
    ],
)
def test_a_request_is_one_log_line_without_personal_data(
    clerk: Desk, method: str, path: str, route: str, status: int
) -> None:
    with capture_logs() as lines:
        assert (clerk.get(path) if method == "GET" else clerk.post(path, {})).status_code == status
    (line,) = lines
    assert line.pop("ms") >= 0
    assert line == {
        "event": "api",
        "log_level": "info",
        "officer": "Zahra",
        "method": method,
        "route": route,
        "status": status,
    }


def test_a_refused_request_is_logged_without_an_officer(app: Flask) -> None:
    with capture_logs() as lines:
        app.test_client().get(f"{PREFIX}/nowhere/{PHONE}")
    assert [(line["officer"], line["route"], line["status"]) for line in lines] == [(None, None, 404)]


def test_no_cache_keeps_what_an_officer_read(clerk: Desk) -> None:
    answer = clerk.get("/applications")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "application/json"
