"""Submissions that come at the same time are stored together: as if each had come alone, and none in another's way."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from gateway import loop, workflow_sync
from gateway.runtime import Runtime
from handlers import apply
from handlers.apply import Submission
from menus.references import is_reference
from store import people
from store.cases import IllegalMove
from store.chain import check
from store.db import Transaction
from store.events import EVERY
from tests.servers import clean

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANSWERS: dict[str, dict[str, Any]] = {
    "water": {"request": "new", "use": "home", "plot": "1234", "account": "none", "billing": "meter"},
    "inputs": {"crop": "wheat", "season": "winter", "dunams": "40"},
    "grievance": {"hide": "yes", "danger": "yes", "about": "water"},
    "school": {"child_card": "199012345678"},
    "permit": {},
    "produce": {"crop": "wheat"},
}
WRITTEN = {
    "application": ("submission", ()),
    "gateway.event": ("id", ("id", "salt", "payload", "hash")),
    "gateway.message": ("id", ("id", "event_id", "lane")),
    "gateway.clock": ("reference", ()),
    "gateway.person": ("phone", ()),
}
"""By table: what its rows are ordered by, and the columns that no two have alike."""


def phone(number: int) -> str:
    return f"+9647709{number:06d}"


def sent(number: int, service: str, session: str | None = None, **person: str) -> Submission:
    args = {
        "service": service,
        "language": "en" if number % 2 else "ar",
        "place": "10",
        "person": {"consent": "yes", **person},
        "answers": ANSWERS[service],
    }
    return Submission(phone(number), "ussd", session or f"s{number}", args)


def every_service() -> list[Submission]:
    """One submission for each service, some with a card."""
    return [
        sent(number, service, **({"card": f"19901234567{number}"} if number % 2 else {"card": "none"}))
        for number, service in enumerate(ANSWERS)
    ]


def submit_all(runtime: Runtime, asked: list[Submission]) -> list[dict[str, Any]]:
    with runtime.db.transaction() as tx:
        return apply.submit_all(runtime.context(tx), asked)


def one_by_one(runtime: Runtime, asked: list[Submission]) -> list[dict[str, Any]]:
    results = []
    for each in asked:
        with runtime.db.transaction() as tx:
            results.append(apply.submit(runtime.context(tx), each.phone, each.channel, each.session, each.args))
    return results


def stored(url: str, results: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What the store holds, references told by who has them, and sealed values by being sealed."""
    named = {result["reference"]: f"case {number}" for number, result in enumerate(results)}

    def plain(name: str, value: Any) -> Any:
        text = json.dumps(value, default=str)
        for reference, word in named.items():
            text = text.replace(reference, word)
        return "sealed" if '"enc' in text.replace("\\", "") else text

    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {
            table: sorted(
                [
                    {name: plain(name, value) for name, value in row.items() if name not in unlike}
                    for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}".encode())
                ],
                key=lambda row: str(row.get("phone", row.get("reference"))),
            )
            for table, (order, unlike) in WRITTEN.items()
        }


def count(url: str, table: str = "application") -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return row[0] if row else 0


def test_many_at_once_are_stored_as_one_by_one(at: Callable[[datetime], Runtime], database_url: str) -> None:
    runtime = at(NOW)
    together = stored(database_url, submit_all(runtime, every_service()))
    clean(database_url)
    workflow_sync.sync(runtime)
    alone = stored(database_url, one_by_one(runtime, every_service()))
    assert together == alone
    assert {table: len(rows) for table, rows in together.items()} == dict.fromkeys(WRITTEN, len(ANSWERS))


def test_each_message_is_of_its_own_event_and_each_event_of_its_own_citizen(
    runtime: Runtime, database_url: str
) -> None:
    results = submit_all(runtime, every_service())
    assert all(is_reference(result["reference"]) for result in results)
    with psycopg.connect(database_url) as connection:
        found = connection.execute("""
            SELECT a.reference, a.phone, e.actor, m.phone, e.actor_kind, e.relayed_at IS NOT NULL
            FROM application a JOIN gateway.event e USING (reference) JOIN gateway.message m ON m.event_id = e.id
            WHERE m.reference = a.reference ORDER BY a.phone""").fetchall()
    assert found == [
        (result["reference"], each.phone, each.phone, each.phone, "citizen", True)
        for result, each in zip(results, every_service(), strict=True)
    ]
    with runtime.db.transaction() as tx:
        assert check(tx, *EVERY) == (len(results), None)


def test_a_key_that_made_a_case_already_gives_its_reference(runtime: Runtime, database_url: str) -> None:
    (first,) = submit_all(runtime, [sent(1, "water")])
    again, other = submit_all(runtime, [sent(1, "water"), sent(2, "water")])
    assert (again, count(database_url), count(database_url, "gateway.message")) == (first, 2, 2)
    assert other["reference"] != first["reference"]


def test_a_repeat_of_an_open_case_is_refused_and_the_others_are_stored(runtime: Runtime, database_url: str) -> None:
    (first,) = submit_all(runtime, [sent(1, "inputs")])
    refused, *others = submit_all(runtime, [sent(1, "inputs", "later"), sent(2, "inputs"), sent(3, "water")])
    assert refused == {"refused": "already_open", "reference": first["reference"]}
    assert (count(database_url), ["refused" in other for other in others]) == (3, [False, False])


def test_a_case_of_another_phone_makes_no_repeat(runtime: Runtime, database_url: str) -> None:
    results = submit_all(runtime, [sent(number, "inputs") for number in range(5)])
    assert ["refused" in result for result in results] == [False] * 5


def test_whoever_no_longer_has_the_number_is_not_written_to(runtime: Runtime, database_url: str) -> None:
    now = runtime.now()
    with runtime.db.transaction() as tx:
        people.disown(tx, phone(2), now + timedelta(seconds=10))
    submit_all(replace(runtime, now=lambda: now), [sent(1, "water"), sent(2, "water"), sent(3, "water")])
    with psycopg.connect(database_url) as connection:
        told = connection.execute(
            "SELECT phone, state, closed_at IS NOT NULL FROM gateway.message ORDER BY phone"
        ).fetchall()
    assert told == [(phone(1), "queued", False), (phone(2), "muted", True), (phone(3), "queued", False)]


def test_one_that_the_store_does_not_have_spoils_all(runtime: Runtime, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM gateway.service WHERE service = 'permit'")
    with pytest.raises(IllegalMove, match="unknown service permit"):
        submit_all(runtime, [sent(1, "water"), sent(2, "permit"), sent(3, "water")])
    tables = ("application", "gateway.event", "gateway.message", "gateway.clock", "gateway.person")
    assert [count(database_url, table) for table in tables] == [0] * 5


@pytest.mark.parametrize("other", [sent(1, "permit", "other"), sent(2, "permit", "s1")])
def test_two_of_one_phone_or_with_one_key_are_the_callers_mistake(runtime: Runtime, other: Submission) -> None:
    with pytest.raises(ValueError, match="two submissions of one phone, or with one key"):
        submit_all(runtime, [sent(1, "water"), other])


def test_without_a_lock_to_hold_each_statement_may_be_a_transaction(runtime: Runtime, database_url: str) -> None:
    asked = [sent(1, "water"), sent(2, "permit")]
    assert not apply.takes_turns(runtime.content, asked)
    assert apply.takes_turns(runtime.content, [*asked, sent(3, "inputs")])

    def work(tx: Transaction) -> list[dict[str, Any]]:
        return apply.submit_all(runtime.context(tx), asked)

    first = loop.run(runtime.db.on_loop(work))
    assert loop.run(runtime.db.on_loop(work)) == first
    tables = ("application", "gateway.event", "gateway.message", "gateway.clock", "gateway.person")
    assert [count(database_url, table) for table in tables] == [2] * 5


def test_nobody_asks_for_nothing(runtime: Runtime) -> None:
    assert submit_all(runtime, []) == []
