"""The triggers' tables follow the configuration, and no case is left in a state that is gone."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from store import workflow_tables
from store.applications import Application
from store.db import Database
from store.workflow_tables import ServiceRow
from tests.store.workflow import PERMIT, WATER

SHORT = replace(
    WATER, routes={}, states={"SUBMITTED": False, "COMPLETED": True}, moves=[("SUBMITTED", "COMPLETED", "finish")]
)


def sync(db: Database, *services: ServiceRow) -> list[str]:
    with db.transaction() as tx:
        return workflow_tables.sync(tx, services)


def tables(owner: psycopg.Connection) -> list[int]:
    names = ("service", "service_route", "service_state", "service_move")
    counts = [owner.execute(f"SELECT count(*) FROM gateway.{name}").fetchone() for name in names]
    return [count[0] for count in counts if count]


@pytest.mark.usefixtures("services")
def test_syncing_again_changes_nothing(db: Database, owner: psycopg.Connection) -> None:
    assert tables(owner) == [2, 1, len(WATER.states) + 2, len(WATER.moves) + 1]
    assert sync(db, WATER, PERMIT) == []
    assert tables(owner) == [2, 1, len(WATER.states) + 2, len(WATER.moves) + 1]


@pytest.mark.usefixtures("services")
def test_what_left_the_configuration_leaves_the_tables(db: Database, owner: psycopg.Connection) -> None:
    assert sync(db, SHORT) == []
    assert tables(owner) == [1, 0, 2, 1]


def test_a_state_with_cases_stays_with_its_ways_out(
    db: Database, owner: psycopg.Connection, submitted: Callable[..., Application]
) -> None:
    submitted()
    owner.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
    owner.execute("UPDATE application SET state = 'UNDER_REVIEW'")
    owner.execute("UPDATE application SET state = 'INFO_REQUIRED'")
    assert sync(db, SHORT) == ["water: INFO_REQUIRED", "water: UNDER_REVIEW"]
    owner.execute("UPDATE application SET state = 'UNDER_REVIEW'")
    with pytest.raises(psycopg.errors.CheckViolation, match=r"moves from UNDER_REVIEW: ask -> INFO_REQUIRED\n"):
        owner.execute("UPDATE application SET state = 'VISIT_OFFERED'")
    assert sync(db, SHORT) == ["water: UNDER_REVIEW"]


def test_a_service_with_cases_stays(
    db: Database, submitted: Callable[..., Application], owner: psycopg.Connection
) -> None:
    submitted("permit")
    assert sync(db, WATER) == ["permit: SUBMITTED"]
    assert tables(owner)[0] == 2
