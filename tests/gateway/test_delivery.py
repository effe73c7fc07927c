"""Delivery reports and opt-outs as Africa's Talking posts them, over a socket, into a real store."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from gateway.delivery import delivery_callbacks
from gateway.providers import AFRICASTALKING
from store import outbox, people
from store.db import Database
from tests.gateway.outbox_rows import NOW, queue, states

SECRET = "first-secret"
AHMED = "+9647700000001"


@pytest.fixture
def url(db: Database) -> Iterator[str]:
    yield from serving(db)


def serving(db: Database) -> Iterator[str]:
    app = Flask(__name__)
    app.register_blueprint(delivery_callbacks(db, lambda secret: secret == SECRET, lambda: NOW))
    with make_server("127.0.0.1", 0, app, threaded=True) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/at/{SECRET}"
        server.shutdown()
        thread.join(5)


@pytest.fixture
def sent(db: Database) -> int:
    """A message that the provider took as ATXid_1."""
    message_id = queue(db, 1)
    with db.transaction() as tx:
        outbox.claim(tx, 1, NOW, 60)
        outbox.sending(tx, [outbox.HandOver(message_id, AFRICASTALKING)], NOW)
        outbox.settle(tx, message_id, outbox.Settlement("sent", AFRICASTALKING, "ATXid_1"), NOW)
    return message_id


def reports(db: Database) -> list[tuple[str, str | None]]:
    with db.transaction() as tx:
        rows = tx.execute(sa.text("SELECT status, reason FROM gateway.delivery_report ORDER BY id"))
        return [(row.status, row.reason) for row in rows]


def report(url: str, status: str, **more: str) -> int:
    form = {"id": "ATXid_1", "status": status, "phoneNumber": AHMED, "networkCode": "63902", **more}
    return requests.post(f"{url}/delivery", data=form, timeout=5).status_code


@pytest.mark.parametrize(
    ("status", "reason", "becomes"),
    [
        ("Success", None, "delivered"),
        ("success", None, "delivered"),
        ("Failed", "UserDoesNotExist", "undelivered"),
        ("Rejected", "UserInBlackList", "undelivered"),
        ("Expired", None, "undelivered"),
        ("Sent", None, "sent"),
        ("Submitted", None, "sent"),
        ("Buffered", None, "sent"),
        ("AbsentSubscriber", None, "sent"),
        ("Teleported", None, "sent"),
    ],
)
def test_each_status_moves_the_message(
    db: Database, url: str, sent: int, status: str, reason: str | None, becomes: str
) -> None:
    assert report(url, status, **({"failureReason": reason} if reason else {})) == 200
    assert states(db) == [becomes]
    assert reports(db) == [(status, reason)]


def test_a_final_state_is_never_taken_back(db: Database, url: str, sent: int) -> None:
    for status in ("Success", "Buffered", "Failed", "Success"):
        assert report(url, status) == 200
    assert states(db) == ["delivered"]
    assert len(reports(db)) == 4


def test_a_report_of_an_unknown_message_is_kept(db: Database, url: str, sent: int) -> None:
    assert report(url, "Success", id="ATXid_other") == 200
    assert states(db) == ["sent"]
    assert reports(db) == [("Success", None)]


@pytest.mark.parametrize("form", [{}, {"status": "Success"}, {"id": "ATXid_1"}, {"id": "\0", "status": "Success"}])
def test_a_report_without_sense_is_answered_and_named_without_a_phone(
    url: str, form: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    form["phoneNumber"] = AHMED
    assert requests.post(f"{url}/delivery", data=form, timeout=5).status_code == 200
    said = [record.getMessage() for record in caplog.records if record.name == "gateway.delivery"]
    assert len(said) == 1
    assert AHMED.strip("+") not in said[0]


def test_overlong_and_odd_fields_are_stored_all_the_same(db: Database, url: str, sent: int) -> None:
    assert report(url, "Fa\0iled", failureReason="x" * 5000) == 200
    assert reports(db) == [("Failed", "x" * 200)]


@pytest.mark.parametrize("path", ["delivery", "optout"])
def test_a_wrong_secret_is_not_found(db: Database, url: str, sent: int, path: str) -> None:
    form = {"id": "ATXid_1", "status": "Success", "phoneNumber": AHMED}
    wrong = url.replace(SECRET, "another-secret")
    assert requests.post(f"{wrong}/{path}", data=form, timeout=5).status_code == 404
    assert requests.get(f"{url}/{path}", timeout=5).status_code == 405
    assert states(db) == ["sent"]
    assert stopped(db, AHMED) is None


def stopped(db: Database, phone: str) -> datetime | None:
    with db.transaction() as tx:
        person = people.find(tx, phone)
    return person.stopped_at if person else None


@pytest.mark.parametrize("written", [AHMED, "9647700000001", " 9647700000001"])
def test_an_opt_out_stops_messages(db: Database, url: str, written: str) -> None:
    form = {"senderId": "MISSAN", "phoneNumber": written}
    assert [requests.post(f"{url}/optout", data=form, timeout=5).status_code for _ in range(2)] == [200, 200]
    assert stopped(db, AHMED) == NOW


@pytest.mark.parametrize("written", ["", "MISSAN", "0770", "x" * 20000])
def test_an_opt_out_of_nobody_is_answered(url: str, written: str) -> None:
    assert requests.post(f"{url}/optout", data={"phoneNumber": written}, timeout=5).status_code == 200


@pytest.mark.parametrize("path", ["delivery", "optout"])
def test_what_could_not_be_stored_is_asked_for_again(path: str) -> None:
    db = Database("postgresql://nobody@127.0.0.1:1/nothing")
    for url in serving(db):
        form = {"id": "ATXid_1", "status": "Success", "phoneNumber": AHMED}
        assert requests.post(f"{url}/{path}", data=form, timeout=15).status_code == 503
    db.close()
