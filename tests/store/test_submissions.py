"""Citizens' cases are entered together: what is taken is left out whole, and every event says whose it is."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from store import events, submissions
from store.applications import IllegalMove
from store.cases import Application
from store.clocks import ClockRow
from store.db import Database
from store.outbox import NewMessage
from store.submissions import Entry, Profile
from tests.store.workflow import NOW, PHONE

OTHER = "+9647701234568"
TABLES = ("application", "gateway.event", "gateway.message", "gateway.clock", "gateway.person")


def entry(reference: str, phone: str = PHONE, key: str = "ussd:one", service: str = "water") -> Entry:
    """A new case with a message, clocks and a profile."""
    case = Application(
        reference=reference,
        service=service,
        state="SUBMITTED",
        phone=phone,
        place=None,
        language="en",
        answers={"name": "علي"},
        details={},
        channel="ussd",
        directorate="water",
        came_from=None,
        submission=key,
        submitted_by=None,
        version=1,
        created_at=NOW,
        updated_at=NOW,
        state_since=NOW,
        due_at=NOW + timedelta(days=3),
    )
    told = NewMessage(phone, "en", "received", "Received", 1, 0, reference=reference)
    clock = ClockRow(reference, 1, "rules", "office", NOW, NOW, None, 0, 0, NOW)
    return Entry(case, told, clock, Profile("10", "none", None))


def enter(db: Database, *entries: Entry) -> set[str]:
    with db.transaction() as tx:
        return submissions.enter(tx, entries, NOW)


def drawn(db: Database, calls: int) -> list[str]:
    """References that are free."""
    with db.transaction() as tx:
        known, _ = submissions.before(tx, [(PHONE, f"free:{number}", None) for number in range(calls)])
    return [before.reference for before in known.values()]


def rows(owner: psycopg.Connection) -> list[int]:
    counted = [owner.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() for table in TABLES]
    return [row[0] for row in counted if row]


@pytest.mark.parametrize("taken", ["reference", "key"])
def test_one_that_is_taken_leaves_nothing_and_the_others_are_made(
    db: Database, owner: psycopg.Connection, services: None, taken: str
) -> None:
    first, second, third = drawn(db, 3)
    enter(db, entry(first))
    late = entry(first if taken == "reference" else third, OTHER, "ussd:one" if taken == "key" else "ussd:other")
    beside = entry(second, "+9647701234569", "ussd:third")
    assert enter(db, late, beside) == {second}
    assert rows(owner) == [2] * 5
    assert enter(db, late) == set()
    assert rows(owner) == [2] * 5


def test_what_is_entered_is_there_as_it_was_said(db: Database, owner: psycopg.Connection, services: None) -> None:
    first, second = drawn(db, 2)
    wanted = {first: entry(first), second: entry(second, OTHER, "ussd:two")}
    enter(db, *wanted.values())
    with db.transaction() as tx:
        for reference, each in wanted.items():
            (event,) = events.history(tx, reference)
            assert replace(event, id=0) == replace(events.submitted(each.case), relayed_at=NOW)
    found = owner.execute("SELECT phone, answers, submission FROM application ORDER BY phone").fetchall()
    assert found == [(PHONE, {"name": "علي"}, "ussd:one"), (OTHER, {"name": "علي"}, "ussd:two")]


def test_a_case_may_have_no_clock(db: Database, owner: psycopg.Connection, services: None) -> None:
    (first,) = drawn(db, 1)
    enter(db, replace(entry(first), clock=None))
    assert rows(owner) == [1, 1, 1, 0, 1]


def test_what_the_store_does_not_have_is_refused_with_all_the_rest(
    db: Database, owner: psycopg.Connection, services: None
) -> None:
    first, second = drawn(db, 2)
    with pytest.raises(IllegalMove, match="unknown service fishing"):
        enter(db, entry(first), entry(second, OTHER, "ussd:two", "fishing"))
    assert rows(owner) == [0] * 5


def test_many_at_once_are_one_word_to_those_who_send(
    db: Database, owner: psycopg.Connection, services: None, database_url: str
) -> None:
    first, second = drawn(db, 2)
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN gateway_messages")
        listener.execute("LISTEN gateway_events")
        enter(db, entry(first), entry(second, OTHER, "ussd:two"))
        assert [notice.channel for notice in listener.notifies(timeout=0.3)] == ["gateway_messages"]


def test_nobody_but_the_gateway_is_believed_to_act_for_many(
    portal: psycopg.Connection, owner: psycopg.Connection
) -> None:
    with portal.transaction():
        portal.execute("""SELECT set_config('gateway.act', '{"kind": "citizen", "action": "submit"}', true)""")
        portal.execute("INSERT INTO application (service, phone) VALUES ('water', %s)", [PHONE])
    assert owner.execute("SELECT actor_kind, actor <> %s FROM gateway.event", [PHONE]).fetchall() == [
        ("database", True)
    ]


def test_the_release_before_enters_its_cases_as_it_did(owner: psycopg.Connection, services: None) -> None:
    act = (
        f'{{"kind": "citizen", "actor": "{OTHER}", "action": "submit", "details": {{}}, "at": "2026-11-22T09:00:00Z"}}'
    )
    owner.execute(
        "INSERT INTO application (service, phone) "
        "SELECT 'water', %s FROM (SELECT set_config('gateway.act', %s, true)) AS act",
        [PHONE, act],
    )
    found = owner.execute("SELECT actor_kind, actor, at, relayed_at FROM gateway.event").fetchall()
    assert found == [("citizen", OTHER, NOW, None)]
