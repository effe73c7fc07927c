"""Requests that are not well formed: always refused with a problem document that names the field."""

from io import BytesIO

import pytest

from gateway.api.blueprint import PREFIX
from tests.gateway.office import Desk, Office, problem

ACTION = {"action": "accept", "params": {}, "expected_version": 1}


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


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


def test_a_body_of_unsaid_length_is_measured_too(office: Office, clerk: Desk) -> None:
    answer = office.app.test_client().post(
        f"{PREFIX}/actions",
        input_stream=BytesIO(b'{"actions": []}' + b" " * (64 * 1024)),
        content_type="application/json",
        headers={"Authorization": f"Bearer {clerk.key}", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    problem(answer, 413, "too_large")


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
