"""Events wait until they are told, one relay has a case at a time, and what went missing is found again."""

from collections.abc import Callable

import psycopg
import pytest

from store import events, outbox
from store.applications import Application
from store.db import Database
from store.outbox import NewMessage
from tests.blind_store import blind
from tests.store.workflow import NOW, PHONE

Submitted = Callable[..., Application]


def test_an_event_waits_until_it_is_marked(db: Database, submitted: Submitted) -> None:
    first, second = submitted(), submitted()
    with db.transaction() as tx:
        waiting = events.unrelayed(tx, 10)
        assert [event.reference for event in waiting] == [first.reference, second.reference]
        assert [event.reference for event in events.unrelayed(tx, 1)] == [first.reference]
        assert [event.reference for event in events.unrelayed_of(tx, second.reference)] == [second.reference]
        events.mark_relayed(tx, [waiting[0].id], NOW)
        assert [event.reference for event in events.unrelayed(tx, 10)] == [second.reference]


def test_a_second_relay_leaves_the_cases_of_the_first_alone(
    db: Database, submitted: Submitted, owner: psycopg.Connection
) -> None:
    case = submitted()
    with db.transaction() as first:
        assert len(events.unrelayed(first, 10)) == 1
        owner.execute("UPDATE application SET state = 'REJECTED'")
        other = submitted()
        with db.transaction() as second:
            assert [event.reference for event in events.unrelayed(second, 10)] == [other.reference]
            assert events.unrelayed_of(second, case.reference) == []
    with db.transaction() as third:
        assert len(events.unrelayed(third, 10)) == 3


def test_a_told_event_without_its_message_is_told_again(db: Database, submitted: Submitted) -> None:
    submitted(), submitted()
    with db.transaction() as tx:
        lost, kept = events.unrelayed(tx, 10)
        events.mark_relayed(tx, [lost.id, kept.id], NOW)
        outbox.insert(tx, NewMessage(PHONE, "ar", "ack", "…", 1, 1, event_id=kept.id, muted=True), NOW)
        assert events.missing(tx, 10, since=NOW.replace(year=2027)) == []
        assert events.missing(tx, 10) == [lost.id]
        assert events.missing(tx, 10) == []
        assert [event.id for event in events.unrelayed(tx, 10)] == [lost.id]


@pytest.mark.usefixtures("services")
def test_changes_behind_the_triggers_back_are_healed(
    db: Database, owner: psycopg.Connection, submitted: Submitted
) -> None:
    case = submitted()
    with db.transaction() as tx:
        assert events.heal(tx) == 0
    with blind(owner):
        owner.execute("UPDATE application SET state = 'REJECTED'")
        owner.execute("""INSERT INTO application (reference, service, state, phone, directorate)
                         VALUES ('24839174', 'water', 'SUBMITTED', '+9647701234567', 'water')""")
    with db.transaction() as tx:
        assert events.heal(tx) == 2
        assert events.heal(tx) == 0
        change, entry = events.history(tx, case.reference)[-1], events.history(tx, "24839174")[0]
    assert (change.from_state, change.to_state, change.actor_kind, change.actor) == (
        "SUBMITTED",
        "REJECTED",
        "system",
        "sweep",
    )
    assert (entry.from_state, entry.to_state, entry.action) == (None, "SUBMITTED", "submit")
