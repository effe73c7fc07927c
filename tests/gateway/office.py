"""Officers for tests: hired with a real key, each with a desk that speaks the API's wire, and cases to work on."""

import itertools
import json
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from gateway import keys
from gateway.runtime import Runtime
from handlers import apply
from store import applications, events, officers
from store.applications import Application

PHONE = "+9647701234567"
ANSWERS = {"request": "new", "use": "home", "plot": "1234", "account": "none", "billing": "meter"}
_SESSIONS = itertools.count()


class Desk:
    """One officer at the API."""

    def __init__(self, app: Flask, key: str) -> None:
        self._client, self.key = app.test_client(), key

    def get(self, path: str, **query: Any) -> TestResponse:
        """GET below /api/v1."""
        return self._client.get(f"/api/v1{path}", query_string=query or None, headers=self._headers())

    def post(self, path: str, body: object, key: str | None = None) -> TestResponse:
        """POST JSON below /api/v1, with an Idempotency-Key if one is given."""
        more = {} if key is None else {"Idempotency-Key": key}
        return self._client.post(f"/api/v1{path}", json=body, headers=self._headers() | more)

    def act(self, reference: str, action: str, version: int, key: str | None = None, **params: Any) -> TestResponse:
        """Make an action on a case."""
        body = {"action": action, "params": params, "expected_version": version}
        return self.post(f"/applications/{reference}/actions", body, key)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


class Office:
    """The directorates of Missan for one test."""

    def __init__(self, runtime: Runtime, app: Flask) -> None:
        self.runtime, self.app = runtime, app

    def hire(self, name: str, *roles: str, directorate: str = "water") -> Desk:
        """A new officer's desk."""
        new = keys.make()
        with self.runtime.db.transaction() as tx:
            officers.add(tx, name, roles, directorate, new.key_id, new.key_hash, self.runtime.now())
        return Desk(self.app, new.key)

    def case(self, service: str = "water", phone: str = PHONE, place: str | None = "10", **answers: str) -> str:
        """The reference of a new case."""
        args = {
            "service": service,
            "language": "ar",
            "answers": {**ANSWERS, **answers} if service == "water" else answers,
            "place": place,
            "person": {},
        }
        with self.runtime.db.transaction() as tx:
            done = apply.submit(self.runtime.context(tx), phone, "ussd", f"s{next(_SESSIONS)}", args)
        return str(done["reference"])

    def now(self, reference: str) -> Application:
        """The case as the store has it."""
        with self.runtime.db.transaction() as tx:
            found = applications.find(tx, reference)
        assert found is not None
        return found

    def made(self, reference: str) -> list[str | None]:
        """The actions made on a case, oldest first."""
        with self.runtime.db.transaction() as tx:
            return [event.action for event in events.history(tx, reference)]


def kind(body: Any) -> str:
    """The kind of a problem document."""
    return str(body["type"]).removeprefix("urn:problem-type:missan:")


def problem(answer: TestResponse, status: int, of_kind: str | None = None) -> dict[str, Any]:
    """The problem document that an answer is, with this status and kind."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.text)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert of_kind in (None, kind(body))
    return body
