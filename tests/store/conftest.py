"""The store of these tests: a Database on the worker's PostgreSQL, two services, and the login of another system."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

import psycopg
import pytest
from psycopg import sql

from store import applications, workflow_tables
from store.applications import Application, NewApplication
from store.db import Database
from tests.store.workflow import NOW, PERMIT, PHONE, WATER


@pytest.fixture
def db(database_url: str, clean: None) -> Iterator[Database]:
    """An empty store."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def services(db: Database) -> None:
    """The store knows water and permit."""
    with db.transaction() as tx:
        workflow_tables.sync(tx, [WATER, PERMIT])


@pytest.fixture
def submitted(db: Database, services: None) -> Callable[..., Application]:
    """Makes a case: submitted(service=…, phone=…, place=…, submission=…, now=…)."""

    def submit(
        service: str = "water",
        phone: str = PHONE,
        place: str | None = None,
        submission: str | None = None,
        now: datetime = NOW,
    ) -> Application:
        new = NewApplication(service, phone, place, "ar", {"use": "home"}, "ussd", submission, None, None)
        with db.transaction() as tx:
            return applications.submit(tx, new, now)[0]

    return submit


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection]:
    """A plain connection as the owner of the store."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def portal_role(database_url: str) -> Iterator[tuple[str, str]]:
    """Name and password of a login that has rights on the shared table and on nothing else."""
    name, password = f"portal_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        owner.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE ON public.application TO {}").format(role))
    yield name, password
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(role))


@pytest.fixture
def portal(database_url: str, portal_role: tuple[str, str], services: None) -> Iterator[psycopg.Connection]:
    """A connection of another system's login."""
    name, password = portal_role
    with psycopg.connect(database_url, user=name, password=password, autocommit=True) as connection:
        yield connection
