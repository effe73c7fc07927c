"""The measures: gathered, published by month, and empty where fewer than five could be recognised."""

from collections.abc import Callable
from datetime import date, timedelta

import psycopg
import pytest

from store import measures
from store.applications import Application
from store.db import Database
from tests.store.workflow import NOW

DAYS = {date(2026, 1, 1) + timedelta(days=number): number for number in range(700)}


@pytest.fixture
def cases(db: Database, owner: psycopg.Connection, submitted: Callable[..., Application]) -> None:
    """Twelve water cases, of which six are rejected a week later, and three permits."""
    for number in range(12):
        submitted(now=NOW, phone=f"+96477012345{number:02}")
    for _ in range(3):
        submitted(service="permit", now=NOW)
    with owner.transaction():
        owner.execute(
            "SELECT set_config('gateway.act', %s, true)",
            [f'{{"kind": "system", "actor": "x", "action": "reject", "at": "{NOW + timedelta(days=7)}"}}'],
        )
        owner.execute(
            "UPDATE application SET state = 'REJECTED', details = '{\"rating\": 4}' WHERE reference IN "
            "(SELECT reference FROM application WHERE service = 'water' ORDER BY reference LIMIT 6)"
        )
    owner.execute("UPDATE gateway.service SET promise = 10")
    with db.transaction() as tx:
        measures.set_workdays(tx, DAYS)
    with db.transaction() as tx:
        assert measures.gather(tx)


def test_a_month_of_a_service(db: Database, cases: None) -> None:
    with db.transaction() as tx:
        rows = {row["service"]: row for row in measures.read(tx, NOW.date())["services"]}
    water = rows["water"]
    assert (water["month"], water["received"], water["completed"]) == (date(2026, 11, 1), 12, 6)
    assert (float(water["median_working_days"]), float(water["percent_within_promise"])) == (7.0, 100.0)
    assert (float(water["mean_rating"]), float(water["percent_rated"])) == (4.0, 100.0)


def test_what_is_few_is_not_told(db: Database, cases: None) -> None:
    with db.transaction() as tx:
        rows = {row["service"]: row for row in measures.read(tx, NOW.date())["services"]}
    permit = {name: value for name, value in rows["permit"].items() if name not in ("service", "month")}
    assert set(permit.values()) == {None}


@pytest.mark.parametrize(("closed", "told"), [(4, None), (7, 7), (8, None), (11, None), (12, 12)])
def test_what_is_left_of_the_whole_is_not_told_either(
    db: Database, owner: psycopg.Connection, submitted: Callable[..., Application], closed: int, told: int | None
) -> None:
    for _ in range(12):
        submitted(now=NOW)
    owner.execute(
        "UPDATE application SET state = 'REJECTED' WHERE reference IN (SELECT reference FROM application LIMIT %s)",
        [closed],
    )
    with db.transaction() as tx:
        measures.gather(tx)
    with db.transaction() as tx:
        [row] = measures.read(tx, NOW.date())["services"]
    assert (row["received"], row["completed"]) == (12, told)


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 4, None),
        (0, 5, "0.0"),
        (1, 100, None),
        (4, 100, None),
        (5, 100, "5.0"),
        (96, 100, None),
        (100, 100, "100.0"),
    ],
)
def test_a_share_tells_neither_a_small_part_nor_a_small_rest(
    owner: psycopg.Connection, part: int, whole: int, told: str | None
) -> None:
    [(share,)] = owner.execute("SELECT measures.percent(%s, %s)::text", [part, whole]).fetchall()
    assert share == told


def test_reporters_read_the_measures_and_nothing_else(owner: psycopg.Connection, cases: None) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL ROLE missan_reports")
        assert owner.execute("SELECT count(*) FROM measures.services").fetchall() == [(2,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
            owner.execute("SELECT * FROM gateway.case_count")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
            owner.execute("SELECT * FROM application")
