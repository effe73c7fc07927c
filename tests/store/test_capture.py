"""Whoever changes a state, each change is one event in the same transaction, and nothing else is."""

from collections.abc import Callable

import psycopg
import pytest

from store.applications import Application
from tests.store.workflow import PHONE

MANY = 500


@pytest.fixture
def many(owner: psycopg.Connection, services: None) -> None:
    """MANY water cases whose first events are told already."""
    owner.execute(
        "INSERT INTO application (service, phone) SELECT 'water', %s FROM generate_series(1, %s)", [PHONE, MANY]
    )
    owner.execute("UPDATE gateway.event SET relayed_at = now()")


def test_a_bulk_update_is_one_event_each_and_one_notice(
    owner: psycopg.Connection, many: None, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN gateway_events")
        owner.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
        notices = list(listener.notifies(timeout=0.3))
    assert [(notice.channel, notice.payload) for notice in notices] == [("gateway_events", "")]
    assert _fresh(owner) == [("SUBMITTED", "DOCS_REQUIRED", MANY)]


def test_one_illegal_row_undoes_the_whole_statement(owner: psycopg.Connection, many: None) -> None:
    owner.execute("UPDATE application SET state = 'REJECTED' WHERE ctid = (SELECT min(ctid) FROM application)")
    with pytest.raises(
        psycopg.errors.CheckViolation, match=r"no move from REJECTED to DOCS_REQUIRED; moves from REJECTED: none"
    ):
        owner.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
    assert _fresh(owner) == [("SUBMITTED", "REJECTED", 1)]


def test_a_rollback_leaves_nothing(owner: psycopg.Connection, many: None, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN gateway_events")
        with owner.transaction(force_rollback=True):
            owner.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
        assert list(listener.notifies(timeout=0.2)) == []
    assert _fresh(owner) == []


@pytest.mark.parametrize("change", ["state = state", "due_at = now()", "state = 'SUBMITTED', place = NULL"])
def test_without_a_change_there_is_no_event(owner: psycopg.Connection, many: None, change: str) -> None:
    owner.execute(f"UPDATE application SET {change}")
    assert _fresh(owner) == []


def test_a_replicated_write_is_captured_too(owner: psycopg.Connection, many: None) -> None:
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE application SET state = 'REJECTED'")
    assert _fresh(owner) == [("SUBMITTED", "REJECTED", MANY)]


@pytest.mark.parametrize(
    ("path", "back", "legal"),
    [
        (["INFO_REQUIRED"], "SUBMITTED", True),
        (["INFO_REQUIRED"], "UNDER_REVIEW", False),
        (["DOCS_REQUIRED", "UNDER_REVIEW", "INFO_REQUIRED"], "UNDER_REVIEW", True),
        (["DOCS_REQUIRED", "UNDER_REVIEW", "INFO_REQUIRED"], "SUBMITTED", False),
        (["INFO_REQUIRED", "SUBMITTED", "INFO_REQUIRED"], "SUBMITTED", True),
    ],
)
def test_a_question_returns_only_to_the_state_it_came_from(
    owner: psycopg.Connection, submitted: Callable[..., Application], path: list[str], back: str, legal: bool
) -> None:
    submitted()
    for state in path:
        owner.execute("UPDATE application SET state = %s", [state])
    if legal:
        owner.execute("UPDATE application SET state = %s", [back])
    else:
        came_from = (["SUBMITTED", *path])[-2]
        with pytest.raises(psycopg.errors.CheckViolation, match=f"moves from INFO_REQUIRED: answer -> {came_from}"):
            owner.execute("UPDATE application SET state = %s", [back])


def test_an_act_counts_for_one_statement(owner: psycopg.Connection, many: None) -> None:
    with owner.transaction():
        owner.execute("""SELECT set_config('gateway.act', '{"kind": "officer", "actor": "zainab"}', true)""")
        owner.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
        owner.execute("UPDATE application SET state = 'UNDER_REVIEW'")
    actors = owner.execute(
        "SELECT DISTINCT to_state, actor_kind FROM gateway.event WHERE from_state IS NOT NULL ORDER BY to_state"
    ).fetchall()
    assert actors == [("DOCS_REQUIRED", "officer"), ("UNDER_REVIEW", "database")]


def _fresh(owner: psycopg.Connection) -> list[tuple[str, str, int]]:
    return owner.execute("""
        SELECT from_state, to_state, count(*) FROM gateway.event WHERE relayed_at IS NULL
        GROUP BY from_state, to_state""").fetchall()
