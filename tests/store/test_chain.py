"""The history is only added to, and whoever gets around that is found by the first link that no longer fits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psycopg
import pytest
from psycopg import sql

from store import chain, events
from store.applications import Application
from store.chain import Break
from store.db import Database
from tests.store.workflow import NOW
from tests.system.running import until

SET_STATES = ("DOCS_REQUIRED", "UNDER_REVIEW", "INFO_REQUIRED", "UNDER_REVIEW")


@pytest.fixture
def walked(owner: psycopg.Connection, submitted: Callable[..., Application]) -> str:
    """A case with five events among two others."""
    first, *_ = [submitted().reference for _ in range(3)]
    for state in SET_STATES:
        owner.execute(
            "UPDATE application SET state = %s, details = details || %s WHERE reference = %s",
            [state, '{"note": "' + state + '"}', first],
        )
    return first


def test_every_change_says_who_why_and_what_was_before_and_after(
    owner: psycopg.Connection, db: Database, submitted: Callable[..., Application]
) -> None:
    reference = submitted().reference
    with owner.transaction():
        owner.execute("SET LOCAL gateway.reason = 'the phone was misread'")
        owner.execute('UPDATE application SET phone = \'+9647809876543\', answers = \'{"use": "shop", "plot": "7"}\'')
    with db.transaction() as tx:
        first, edit = events.history(tx, reference)
    assert (first.actor_kind, first.action) == ("citizen", "submit")
    assert (edit.from_state, edit.to_state, edit.action, edit.version) == ("SUBMITTED", "SUBMITTED", None, 2)
    assert (edit.actor_kind, edit.reason) == ("database", "the phone was misread")
    assert edit.before == {"phone": "+9647701234567", "answers": {"use": "home"}}
    assert edit.after == {"phone": "+9647809876543", "answers": {"use": "shop", "plot": "7"}}


def test_an_untouched_history_is_whole(db: Database, walked: str) -> None:
    assert _verified(db) == (7, [])


def test_events_that_say_nothing_personal_are_whole_too(
    db: Database, owner: psycopg.Connection, submitted: Callable[..., Application]
) -> None:
    submitted()
    owner.execute("INSERT INTO application (service, phone) VALUES ('permit', '+9647809876543')")
    owner.execute("UPDATE application SET state = 'DOCS_REQUIRED' WHERE service = 'water'")
    assert owner.execute("SELECT salt IS NULL, payload = '' FROM gateway.event ORDER BY id").fetchall() == [
        (False, False),
        (True, True),
        (True, True),
    ]
    assert _verified(db) == (3, [])


def test_the_slices_hold_every_reference_once(db: Database, walked: str) -> None:
    slices = chain.slices()
    assert (slices[0][0], slices[-1][1]) == ("20000000", "a")
    assert all(here[1] == following[0] for here, following in pairwise(slices))
    with db.transaction() as tx:
        assert sum(chain.check(tx, low, high)[0] for low, high in slices) == 7


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gateway.event SET to_state = 'COMPLETED'",
        "UPDATE gateway.event SET actor = 'zainab'",
        "UPDATE gateway.event SET details = '{\"fee\": 0}'",
        "UPDATE gateway.event SET hash = ''",
        "UPDATE gateway.event SET at = now()",
        "DELETE FROM gateway.event",
        "TRUNCATE gateway.event",
        "DELETE FROM gateway.anchor",
        "UPDATE gateway.anchor SET hash = ''",
    ],
)
def test_even_the_owner_only_adds(owner: psycopg.Connection, walked: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement)


def test_relaying_is_not_a_change_of_history(db: Database, owner: psycopg.Connection, walked: str) -> None:
    owner.execute("UPDATE gateway.event SET relayed_at = now()")
    assert _verified(db) == (7, [])


@pytest.mark.parametrize(
    ("tampering", "place", "fault"),
    [
        ("UPDATE gateway.event SET to_state = 'REJECTED' WHERE id = %s", 1, "its hash does not fit"),
        ("UPDATE gateway.event SET actor = 'zainab' WHERE id = %s", 1, "its hash does not fit"),
        ("UPDATE gateway.event SET at = at - interval '1 day' WHERE id = %s", 2, "its hash does not fit"),
        ("UPDATE gateway.event SET version = 9 WHERE id = %s", 4, "its hash does not fit"),
        ('UPDATE gateway.event SET details = \'{"note": "y"}\' WHERE id = %s', 2, "what it says is not"),
        ("UPDATE gateway.event SET reason = 'kind' WHERE id = %s", 3, "what it says is not"),
        ("UPDATE gateway.event SET before = NULL WHERE id = %s", 3, "what it says is not"),
        ("UPDATE gateway.event SET salt = NULL, details = '{}' WHERE id = %s", 1, "what it says was erased"),
        ("DELETE FROM gateway.event WHERE id = %s", 0, "its hash does not fit"),
        ("DELETE FROM gateway.event WHERE id = %s", 2, "its hash does not fit"),
        ("DELETE FROM gateway.event WHERE id = %s", 4, "it is the last one and leads to INFO_REQUIRED"),
        ("DELETE FROM application WHERE (SELECT true FROM gateway.event WHERE id = %s)", 0, "its case is gone"),
    ],
)
def test_tampering_breaks_the_chain_at_its_place(
    db: Database, owner: psycopg.Connection, walked: str, tampering: str, place: int, fault: str
) -> None:
    ids = _ids(owner, walked)
    owner.execute("SET session_replication_role = replica")
    owner.execute(sql.SQL(tampering), [ids[place]])
    owner.execute("SET session_replication_role = origin")
    _, [found, *_] = _verified(db)
    assert fault in found.fault
    if "application" not in tampering:
        assert found.reference == walked
        after = 0 if "DELETE" not in tampering else 1 if place < 4 else -1
        assert found.event_id == ids[place + after]


def test_a_rewritten_chain_still_differs_from_its_anchor(db: Database, owner: psycopg.Connection, walked: str) -> None:
    anchor = _anchored_soon(db)
    assert anchor.events == 7
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM application WHERE reference = %s", [walked])
    owner.execute("DELETE FROM gateway.event WHERE reference = %s", [walked])
    assert _verified(db)[1] == []
    with db.transaction() as tx:
        [(_, found)] = chain.check_anchors(tx)
    assert found == Break(None, None, f"anchor {anchor.id} covers 7 events up to {anchor.up_to}; 2 are there")


def test_anchors_follow_each_other_and_wait_for_open_transactions(
    db: Database, owner: psycopg.Connection, walked: str, database_url: str
) -> None:
    _anchored_soon(db)
    assert _anchored(db) is None
    with psycopg.connect(database_url) as slow:
        slow.execute("UPDATE application SET state = 'VISIT_OFFERED' WHERE reference = %s", [walked])
        owner.execute("UPDATE application SET state = 'REJECTED' WHERE reference <> %s", [walked])
        assert _anchored(db) is None
    anchor = _anchored_soon(db)
    assert anchor.events == 3
    with db.transaction() as tx:
        assert [found for _, found in chain.check_anchors(tx)] == [None, None]


def test_of_sweeps_that_anchor_at_once_one_does(db: Database, walked: str) -> None:
    with db.transaction() as tx:
        seen = chain.horizon(tx)

    def drop(_: int) -> chain.Anchor | None:
        with db.transaction() as tx:
            return chain.drop_anchor(tx, seen, NOW)

    with ThreadPoolExecutor(4) as pool:
        dropped = [anchor for anchor in pool.map(drop, range(8)) if anchor]
    with db.transaction() as tx:
        assert [(anchor.events, found) for anchor, found in chain.check_anchors(tx)] == [(7, None)]
    assert len(dropped) == 1


def test_what_is_erased_is_erased_whole_and_the_chain_holds(
    db: Database, owner: psycopg.Connection, walked: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="erased whole"):
        owner.execute("UPDATE gateway.event SET salt = NULL WHERE reference = %s", [walked])
    owner.execute("INSERT INTO gateway.erasure VALUES (%s, %s, 'sweep', 'age')", [walked, NOW])
    owner.execute(
        "UPDATE gateway.event SET actor = CASE WHEN actor_kind <> 'citizen' THEN actor END, salt = NULL, "
        "reason = NULL, details = '{}', before = NULL, after = NULL WHERE reference = %s",
        [walked],
    )
    assert _verified(db) == (7, [])


def _verified(db: Database) -> tuple[int, list[Break]]:
    with db.transaction() as tx:
        checked, found = chain.check(tx, *events.EVERY)
    return checked, [found] if found else []


def _anchored(db: Database) -> chain.Anchor | None:
    with db.transaction() as tx:
        seen = chain.horizon(tx)
    with db.transaction() as tx:
        return chain.drop_anchor(tx, seen, NOW) if chain.is_decided(tx, seen) else None


def _anchored_soon(db: Database) -> chain.Anchor:
    """The next anchor: a transaction of another test on the same server holds it back, too."""
    anchor = until(lambda: _anchored(db), "an anchor", 30)
    assert anchor is not None
    return anchor


def _ids(owner: psycopg.Connection, reference: str) -> list[int]:
    found = owner.execute("SELECT id FROM gateway.event WHERE reference = %s ORDER BY id", [reference])
    return [number for (number,) in found.fetchall()]
