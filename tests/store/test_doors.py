"""The front door and the roles: what a login of another system is given, and that nobody needs to be a superuser."""

import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from store import applications, events, workflow_tables
from store.applications import Application
from store.db import Database
from store.migrate import upgrade
from tests.servers import Servers
from tests.store.workflow import NOW, PHONE, WATER


@pytest.fixture
def member(owner: psycopg.Connection, database_url: str, services: None) -> Iterator[psycopg.Connection]:
    """A login that is a member of missan_portal and has no right of its own."""
    name, password = f"m_{secrets.token_hex(4)}", secrets.token_hex(8)
    owner.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE missan_portal").format(sql.Identifier(name), password)
    )
    with psycopg.connect(database_url, user=name, password=password, autocommit=True) as connection:
        yield connection
    owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_the_front_door_moves_a_case_and_says_why(
    db: Database, member: psycopg.Connection, submitted: Callable[..., Application]
) -> None:
    reference = submitted().reference
    statement = "SELECT set_state(%s, 'DOCS_REQUIRED', '{\"note\": \"x\"}', reason => 'papers are missing')"
    assert member.execute(statement, [reference]).fetchall() == [(2,)]
    assert member.execute(statement, [reference]).fetchall() == [(2,)]
    with db.transaction() as tx:
        _, moved = events.history(tx, reference)
    assert (moved.action, moved.actor_kind, moved.actor) == ("accept", "database", member.info.user)
    assert (moved.reason, moved.details) == ("papers are missing", {"note": "x"})
    assert (moved.before, moved.after) == ({"details": {}}, {"details": {"note": "x"}})


@pytest.mark.parametrize(
    ("arguments", "state", "message"),
    [
        ("'24839174', 'REJECTED'", "P0002", "there is no application 24839174"),
        ("reference, 'COMPLETED'", "23514", "no move from SUBMITTED to COMPLETED; moves from SUBMITTED: accept"),
        ("reference, 'REJECTED', seen_version => 7", "55000", "is at version 1, not 7"),
    ],
)
def test_the_front_door_refuses_by_name(
    member: psycopg.Connection, submitted: Callable[..., Application], arguments: str, state: str, message: str
) -> None:
    submitted()
    with pytest.raises(psycopg.Error, match=message) as refused:
        member.execute(f"SELECT set_state({arguments}) FROM (SELECT max(reference) AS reference FROM application) one")
    assert refused.value.sqlstate == state


def test_the_front_door_is_closed_to_strangers(portal: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute("SELECT set_state('24839174', 'REJECTED')")


def test_the_gateway_needs_no_superuser_and_no_right_to_make_roles(servers: Servers) -> None:
    name, password = f"plain_{secrets.token_hex(4)}", secrets.token_hex(8)
    url = servers.create(f"plain_{secrets.token_hex(4)}")
    with psycopg.connect(url, autocommit=True) as connection:
        role = sql.Identifier(name)
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD {}").format(role, password)
        )
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(connection.info.dbname), role)
        )
    parts = urlsplit(url)
    plain = urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.hostname}:{parts.port}"))
    upgrade(plain)
    db = Database(plain)
    new = applications.NewApplication("water", PHONE, None, "ar", {}, "ussd", None, None, None)
    with db.transaction() as tx:
        workflow_tables.sync(tx, [WATER])
        made, _ = applications.submit(tx, new, NOW)
        [event] = events.history(tx, made.reference)
    db.close()
    assert (event.actor_kind, event.actor) == ("citizen", PHONE)
