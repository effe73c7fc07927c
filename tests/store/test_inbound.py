"""An incoming message is stored once and handled once, however often the provider repeats it."""

from datetime import timedelta

from store import inbound
from store.db import Database
from tests.store.workflow import NOW, PHONE

LATER = NOW + timedelta(minutes=1)


def record(db: Database, provider_id: str = "in1", provider: str = "sim") -> int | None:
    with db.transaction() as tx:
        return inbound.record(tx, provider, provider_id, PHONE, "3040", "حالة 24839174", NOW)


def test_a_repeat_is_not_stored_again(db: Database) -> None:
    assert record(db) is not None
    assert record(db) is None
    assert record(db, provider="kannel") is not None


def test_a_message_is_in_one_pair_of_hands(db: Database) -> None:
    number = record(db)
    assert number is not None
    with db.transaction() as first, db.transaction() as second:
        held = inbound.lock(first, number)
        assert held is not None
        assert (held.text, held.phone, held.failures) == ("حالة 24839174", PHONE, 0)
        assert inbound.lock(second, number) is None
        inbound.handled(first, number, "status", NOW)
    with db.transaction() as tx:
        assert inbound.lock(tx, number) is None
        assert inbound.unhandled(tx, LATER, 10) == []


def test_what_nobody_handled_is_found_again_the_troublesome_last(db: Database) -> None:
    first, second = record(db), record(db, "in2")
    assert first is not None
    with db.transaction() as tx:
        inbound.failed(tx, first)
        assert inbound.unhandled(tx, NOW, 10) == []
        assert inbound.unhandled(tx, LATER, 10) == [second, first]
        assert inbound.unhandled(tx, LATER, 1) == [second]
