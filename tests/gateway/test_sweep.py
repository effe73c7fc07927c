"""The sweep over a real store: what a crash leaves behind is mended once, however many sweeps look at it."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateway.setbacks import Setbacks
from gateway.sweep import Mended, sweep_once, tell
from store import events, inbound, outbox
from store.db import Database
from store.workflow_tables import ServiceRow, sync
from tests.gateway.outbox_rows import NOW, queue, states

LATER = NOW + timedelta(minutes=10)
WATER = ServiceRow("water", "NEW", "water", {}, {"NEW": False, "DONE": True}, [("NEW", "DONE", "finish")])


@pytest.fixture
def db(db: Database) -> Database:
    with db.transaction() as tx:
        sync(tx, [WATER])
    return db


class Handler:
    """Answers texts, and keeps their numbers; on `bad` it raises, on `mute` it gives up without a word."""

    def __init__(self, db: Database, bad: int = 0, mute: int = 0) -> None:
        self.db, self.bad, self.mute = db, bad, mute
        self.handled: list[int] = []

    def __call__(self, number: int) -> None:
        if number == self.bad:
            raise RuntimeError("STATUS from +9647700000001")
        if number != self.mute:
            self.handled.append(number)
            with self.db.transaction() as tx:
                inbound.handled(tx, number, "status", LATER)


def nothing(_: int) -> None:
    pass


def apply(db: Database) -> str:
    with db.transaction() as tx:
        insert = "INSERT INTO application (service, phone) VALUES ('water', '+9647700000001') RETURNING reference"
        return str(tx.execute(sa.text(insert)).scalar_one())


def text(db: Database, number: int) -> int:
    with db.transaction() as tx:
        return inbound.record(tx, "africastalking", f"MO{number}", "+9647700000001", "5599", "STATUS", NOW) or 0


def test_ended_leases_are_given_back_or_unsure(db: Database) -> None:
    for number in range(3):
        queue(db, number)
    with db.transaction() as tx:
        first, *_ = outbox.claim(tx, 3, NOW, 60)
        outbox.sending(tx, [outbox.HandOver(first.id, "sim")], NOW)
    assert sweep_once(db, nothing, NOW, Setbacks()) == Mended()
    assert sweep_once(db, nothing, LATER, Setbacks()) == Mended(released=2, unsure=1)
    assert sweep_once(db, nothing, LATER, Setbacks()) == Mended()
    assert sorted(states(db)) == ["queued", "queued", "unsure"]


def test_a_change_that_left_no_event_gets_one(db: Database) -> None:
    reference = apply(db)
    with db.transaction() as tx:
        tx.execute(sa.text("UPDATE application SET state = 'DONE'"))
        tx.execute(sa.text("SET LOCAL session_replication_role = replica"))  # events are only added to
        tx.execute(sa.text("DELETE FROM gateway.event WHERE to_state = 'DONE'"))
    assert sweep_once(db, nothing, LATER, Setbacks(), deep=False) == Mended()
    assert sweep_once(db, nothing, LATER, Setbacks()) == Mended(events_appended=1)
    assert sweep_once(db, nothing, LATER, Setbacks()) == Mended()
    with db.transaction() as tx:
        found = [(event.reference, event.to_state) for event in events.unrelayed(tx, 10)]
    assert found == [(reference, "NEW"), (reference, "DONE")]


def test_an_event_that_was_relayed_into_nothing_is_relayed_again(db: Database) -> None:
    apply(db)
    with db.transaction() as tx:
        events.mark_relayed(tx, [event.id for event in events.unrelayed(tx, 10)], NOW)
    assert sweep_once(db, nothing, LATER, Setbacks()) == Mended(events_reopened=1)
    with db.transaction() as tx:
        assert len(events.unrelayed(tx, 10)) == 1


def test_texts_nobody_answered_are_handled_after_half_a_minute(db: Database) -> None:
    numbers = [text(db, number) for number in range(3)]
    handler = Handler(db)
    assert sweep_once(db, handler, NOW + timedelta(seconds=29), Setbacks()) == Mended()
    assert sweep_once(db, handler, NOW + timedelta(seconds=31), Setbacks()) == Mended(texts_answered=3)
    assert sweep_once(db, handler, LATER, Setbacks()) == Mended()
    assert handler.handled == numbers


def test_a_text_that_cannot_be_handled_holds_up_no_other(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    bad, mute, good = text(db, 1), text(db, 2), text(db, 3)
    handler, setbacks = Handler(db, bad, mute), Setbacks()
    assert sweep_once(db, handler, LATER, setbacks) == Mended(texts_answered=1, texts_failed=2)
    assert handler.handled == [good]
    assert sweep_once(db, handler, LATER, setbacks).texts_failed == 0
    assert sweep_once(db, handler, LATER + timedelta(seconds=10), setbacks).texts_failed == 2
    with db.transaction() as tx:
        found = inbound.lock(tx, bad)
    assert found is not None
    assert found.failures == 2
    assert "964" not in " ".join(r.getMessage() for r in caplog.records if r.name == "gateway.sweep")


def test_several_sweeps_mend_each_thing_once(db: Database) -> None:
    for number in range(20):
        queue(db, number)
        apply(db)
    with db.transaction() as tx:
        outbox.sending(tx, [outbox.HandOver(each.id, "sim") for each in outbox.claim(tx, 10, NOW, 60)], NOW)
        tx.execute(sa.text("SET LOCAL session_replication_role = replica"))  # events are only added to
        tx.execute(sa.text("DELETE FROM gateway.event"))
    found: list[Mended] = []
    threads = [
        threading.Thread(target=lambda: found.append(sweep_once(db, nothing, LATER, Setbacks()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert sum(mended.unsure for mended in found) == 10
    assert sum(mended.events_appended for mended in found) == 20


def test_only_what_was_mended_is_told(caplog: pytest.LogCaptureFixture) -> None:
    tell(Mended())
    tell(Mended(unsure=2, texts_answered=1))
    assert [record.getMessage() for record in caplog.records] == ["sweep: mended unsure=2, texts_answered=1"]
