"""What the portal and the back offices may do with a login that has rights on one table, and what they may not."""

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from store import events, places
from store.db import Database
from tests.store.workflow import PHONE

INSERT = "INSERT INTO application (service, phone, place) VALUES (%s, %s, %s) RETURNING *"


def test_an_insert_gets_reference_state_directorate_and_event(
    db: Database, portal: psycopg.Connection, portal_role: tuple[str, str]
) -> None:
    portal.row_factory = psycopg.rows.dict_row  # type: ignore[assignment]
    row: dict[str, object] = portal.execute(INSERT, ["water", PHONE, "kumait"]).fetchone()  # type: ignore[assignment]
    assert (row["state"], row["directorate"], row["channel"], row["version"]) == (
        "SUBMITTED",
        "water-kumait",
        "portal",
        1,
    )
    with db.transaction() as tx:
        [event] = events.history(tx, str(row["reference"]))
    assert (event.from_state, event.to_state, event.action) == (None, "SUBMITTED", "submit")
    assert (event.actor_kind, event.actor) == ("database", portal_role[0])


def test_an_update_is_recorded_under_the_logins_name(
    db: Database, portal: psycopg.Connection, portal_role: tuple[str, str]
) -> None:
    reference = _insert(portal)
    portal.execute("UPDATE application SET state = 'DOCS_REQUIRED', details = details || '{\"note\": \"x\"}'")
    with db.transaction() as tx:
        _, event = events.history(tx, reference)
    assert (event.from_state, event.to_state, event.action, event.version) == (
        "SUBMITTED",
        "DOCS_REQUIRED",
        "accept",
        2,
    )
    assert (event.actor_kind, event.actor, event.details) == ("database", portal_role[0], {"note": "x"})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM gateway.event",
        "SELECT * FROM gateway.officer",
        "UPDATE gateway.service_move SET to_state = 'COMPLETED'",
        "SELECT gateway.new_reference()",
        "DELETE FROM application",
        "TRUNCATE application",
        "ALTER TABLE application DISABLE TRIGGER ALL",
        "CREATE TABLE public.mine (x int)",
    ],
)
def test_everything_else_is_closed(portal: psycopg.Connection, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        portal.execute(statement)


def test_nobody_poses_as_an_officer_by_a_setting(
    db: Database, portal: psycopg.Connection, portal_role: tuple[str, str]
) -> None:
    reference = _insert(portal)
    with portal.transaction():
        portal.execute("""SELECT set_config('gateway.act', '{"kind": "officer", "actor": "zainab"}', false)""")
        portal.execute("UPDATE application SET state = 'REJECTED'")
    with db.transaction() as tx:
        event = events.history(tx, reference)[-1]
    assert (event.actor_kind, event.actor) == ("database", portal_role[0])


def test_own_tables_and_operators_of_the_login_do_not_get_in_between(db: Database, portal: psycopg.Connection) -> None:
    reference = _insert(portal)
    portal.execute(
        "CREATE TEMP TABLE service_move AS SELECT 'water' AS service, 'SUBMITTED' AS from_state, "
        "'COMPLETED' AS to_state, 'cheat' AS action"
    )
    portal.execute("SET search_path = pg_temp, public")
    with pytest.raises(CheckViolation):
        portal.execute("UPDATE application SET state = 'COMPLETED' WHERE reference = %s", [reference])


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE application SET state = 'COMPLETED'",
            "water: no move from SUBMITTED to COMPLETED; moves from SUBMITTED: "
            "accept -> DOCS_REQUIRED, ask -> INFO_REQUIRED, reject -> REJECTED",
        ),
        (
            "UPDATE application SET state = 'DONE'",
            "water: no move from SUBMITTED to DONE; moves from SUBMITTED: "
            "accept -> DOCS_REQUIRED, ask -> INFO_REQUIRED, reject -> REJECTED",
        ),
        (
            "INSERT INTO application (service, phone) VALUES ('watr', '+9647701234567')",
            "unknown service watr; services: permit, water",
        ),
        (
            "INSERT INTO application (service, phone, state) VALUES ('permit', '+9647701234567', 'DONE')",
            "permit: unknown state DONE; states: APPROVED, SUBMITTED",
        ),
        (
            "INSERT INTO application (service, phone, reference) VALUES ('permit', '+9647701234567', '24839171')",
            "reference 24839171 has a wrong check digit; leave it out and the database gives one",
        ),
    ],
)
def test_a_refusal_names_what_is_possible(portal: psycopg.Connection, statement: str, message: str) -> None:
    _insert(portal)
    with pytest.raises(CheckViolation) as refused:
        portal.execute(statement)
    assert refused.value.diag.message_primary == message
    assert portal.execute("SELECT state, version FROM application").fetchall() == [("SUBMITTED", 1)]


def test_a_place_that_nobody_knows_is_refused_and_not_sent_astray(db: Database, portal: psycopg.Connection) -> None:
    with db.transaction() as tx:
        places.sync(tx, ["10", "kumait"])
    portal.execute(INSERT, ["water", PHONE, "kumait"])
    portal.execute(INSERT, ["water", PHONE, None])
    said = "unknown place kumayt; places: 10, kumait"
    for statement in (
        "UPDATE application SET place = %s",
        "INSERT INTO application (service, phone, place) SELECT 'water', '+9647701234567', %s",
    ):
        with pytest.raises(CheckViolation) as refused:
            portal.execute(statement, ["kumayt"])
        assert refused.value.diag.message_primary == said
    assert portal.execute("SELECT place FROM application ORDER BY place").fetchall() == [("kumait",), (None,)]


def test_a_case_keeps_a_place_that_left_the_list(db: Database, portal: psycopg.Connection) -> None:
    _insert(portal)
    portal.execute("UPDATE application SET place = 'old', language = 'en'")
    with db.transaction() as tx:
        places.sync(tx, ["10"])
    portal.execute("UPDATE application SET place = 'old', language = 'ar'")
    assert portal.execute("SELECT place, version FROM application").fetchall() == [("old", 3)]


@pytest.mark.parametrize("column", ["service = 'permit'", "reference = '24839174'"])
def test_reference_and_service_never_change(portal: psycopg.Connection, column: str) -> None:
    _insert(portal)
    with pytest.raises(CheckViolation, match="the reference and the service of an application do not change"):
        portal.execute(f"UPDATE application SET {column}")


def test_what_the_database_keeps_cannot_be_written(portal: psycopg.Connection) -> None:
    _insert(portal)
    portal.execute("UPDATE application SET came_from = 'COMPLETED', version = 99, state_since = 'epoch'")
    [(came_from, version, fresh)] = portal.execute(
        "SELECT came_from, version, state_since > 'epoch' FROM application"
    ).fetchall()
    assert (came_from, version, fresh) == (None, 2, True)


def _insert(portal: psycopg.Connection) -> str:
    row = portal.execute(INSERT, ["water", PHONE, None]).fetchone()
    assert row is not None
    return str(row[0])
