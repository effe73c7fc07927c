"""Who gets into the API, what is no route of it, what it logs, and what is away or broken."""

from dataclasses import replace

import pytest
from flask import Flask
from structlog.testing import capture_logs

from gateway import keys
from gateway.api.blueprint import OPERATIONS, PREFIX
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.versions import Versions
from store import officers
from store.db import Database
from tests.gateway.office import PHONE, Desk, Office, problem

ROUTES = [(each.method, PREFIX + each.path.replace("<reference>", "24839174")) for each in OPERATIONS]


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


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
def test_every_route_refuses_other_methods_and_names_its_own(app: Flask, method: str, path: str) -> None:
    served = set(app.url_map.bind("missan").allowed_methods(path))
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - served - {method}:
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


def test_the_key_is_checked_before_the_body_is_read(app: Flask) -> None:
    problem(app.test_client().post(f"{PREFIX}/actions", data=b"{", content_type="text/html"), 401)


def test_without_the_store_the_answer_is_503_and_says_when_to_come_back(runtime: Runtime, clerk: Desk) -> None:
    away = replace(runtime, db=Database("postgresql://x@127.0.0.1:1/x"))
    answer = Desk(create_app(away), clerk.key).get("/applications")
    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert create_app(away).test_client().get(f"{PREFIX}/openapi.json").status_code == 200


def test_a_fault_of_ours_is_a_problem_without_a_word_on_what_it_was(runtime: Runtime, clerk: Desk) -> None:
    broken = replace(runtime, versions=Versions(replace(runtime.content, services=None)))  # type: ignore[arg-type]
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
