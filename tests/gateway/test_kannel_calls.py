"""Kannel's calls to us as it makes them, without a Kannel: charsets, reports in any order, nonsense, secrets."""

from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway.kannel import reason
from gateway.providers import KANNEL
from gateway.runtime import Runtime
from store import outbox
from store.outbox import HandOver, NewMessage, Settlement
from tests.fixtures import SECRET

AHMED = "+9647701234567"


def call(app: Flask, path: str, query: str, secret: str = SECRET) -> int:
    answer = app.test_client().get(f"/kannel/{secret}/{path}?{query}")
    assert answer.get_data() == b"" or answer.status_code == 404
    return answer.status_code


def texts(runtime: Runtime) -> list[tuple[str, str, str]]:
    with runtime.db.transaction() as tx:
        rows = tx.execute(sa.text("SELECT provider, phone, text FROM gateway.inbound ORDER BY id"))
        return [(row.provider, row.phone, row.text) for row in rows]


@pytest.mark.parametrize(
    ("text", "charset", "coding"),
    [
        (quote("مساعدة".encode("utf-16-be")), "UTF-16BE", "2"),
        (quote("مساعدة".encode("utf-16-be")), "", "2"),
        (quote("مساعدة"), "UTF-8", "0"),
        (quote("مساعدة"), "", "0"),
    ],
)
def test_a_text_is_read_in_its_charset(app: Flask, runtime: Runtime, text: str, charset: str, coding: str) -> None:
    query = f"id=a-1&from={quote(AHMED)}&to=5599&text={text}&coding={coding}&charset={charset}"
    assert [call(app, "sms", query) for _ in range(2)] == [200, 200]
    assert texts(runtime) == [(KANNEL, AHMED, "مساعدة")]


def test_the_sender_may_be_written_without_a_plus(app: Flask, runtime: Runtime) -> None:
    assert call(app, "sms", "id=1&from=9647701234567&to=5599&text=HELP&coding=0&charset=UTF-8") == 200
    assert call(app, "sms", "id=2&from=BANK&to=5599&text=%FF&coding=0&charset=UTF-8") == 200
    assert [phone for _, phone, _ in texts(runtime)] == [AHMED, "BANK"]


@pytest.mark.parametrize("path", ["sms", "delivery"])
@pytest.mark.parametrize("query", ["", "id=1", "from=1&text=x", "status=1", "id=1&id=2&status=1", "text=" + "x" * 9000])
def test_what_makes_no_sense_is_answered(app: Flask, runtime: Runtime, path: str, query: str) -> None:
    assert call(app, path, query) == 200
    assert texts(runtime) == []


@pytest.mark.parametrize("path", ["sms", "delivery"])
def test_a_wrong_secret_is_not_found(app: Flask, path: str) -> None:
    assert call(app, path, "id=1&status=1", secret="another-secret") == 404
    assert app.test_client().post(f"/kannel/{SECRET}/{path}").status_code == 405


@pytest.fixture
def sent(runtime: Runtime) -> int:
    """A message that Kannel took."""
    with runtime.db.transaction() as tx:
        number = outbox.insert(tx, NewMessage(AHMED, "ar", "ack", "…", 1, 1), runtime.now())
        assert number is not None
        outbox.claim(tx, 1, runtime.now(), 60)
        outbox.sending(tx, [HandOver(number, KANNEL, f"{number}.0.0")], runtime.now())
        outbox.settle(tx, number, Settlement("sent", KANNEL, f"{number}.0.0"), runtime.now())
    return number


def now_is(runtime: Runtime, number: int) -> tuple[str, str | None]:
    with runtime.db.transaction() as tx:
        row = tx.execute(sa.text("SELECT state, error FROM gateway.message WHERE id = :id"), {"id": number}).one()
        return row.state, row.error


@pytest.mark.parametrize(
    ("statuses", "state", "error"),
    [
        (["8"], "sent", None),
        (["4"], "sent", None),
        (["77"], "sent", None),
        (["8", "1"], "delivered", None),
        (["1", "8"], "delivered", None),
        (["1", "2", "1"], "delivered", None),
        (["2"], "undelivered", "failed: UNDELIV 001"),
        (["2", "1"], "undelivered", "failed: UNDELIV 001"),
        (["16"], "undelivered", "rejected: UNDELIV 001"),
    ],
)
def test_reports_in_any_order(
    app: Flask, runtime: Runtime, sent: int, statuses: list[str], state: str, error: str | None
) -> None:
    receipt = quote("id:123 sub:001 dlvrd:000 submit date:2601010101 done date:2601010102 stat:UNDELIV err:001 text:")
    for status in statuses:
        query = f"id={sent}.0.0&status={status}&phone={quote(AHMED)}&answer={receipt}"
        assert call(app, "delivery", query) == 200
    assert now_is(runtime, sent) == (state, error)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [("", None), ("NACK/Unknown subscriber", "NACK/Unknown subscriber"), ("NACK/to 9647701234567", "NACK/to …")],
)
def test_a_reason_names_no_phone(answer: str, shown: str | None) -> None:
    assert reason(answer) == shown
