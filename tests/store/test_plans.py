"""However many cases there are, what is asked all day walks an index: no plan of it can do without a whole table."""

import psycopg
import pytest
import sqlalchemy as sa

from bench.store_questions import questions, read_whole
from store import drafts, submissions
from store.db import Database
from tests.store.workflow import NOW, PHONE

ALLOWED: dict[str, frozenset[str]] = {}
"""Questions that may read a table whole, and which."""


@pytest.fixture
def planned(db: Database, owner: psycopg.Connection, services: None, database_url: str) -> dict[str, frozenset[str]]:
    """By question, the tables that it reads whole even where that counts as very dear."""
    owner.execute(
        "INSERT INTO application (service, phone) SELECT 'water', '+96477' || lpad(i::text, 8, '0') "
        "FROM generate_series(1, 2000) i"
    )
    owner.execute("ANALYZE application")
    owner.execute("ANALYZE gateway.event")
    with db._engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        connection.commit()
        return {name: read_whole(connection, ask) for name, ask in questions(database_url).items()}


def test_no_question_reads_a_large_table_whole(planned: dict[str, frozenset[str]]) -> None:
    assert {name: tables for name, tables in planned.items() if tables - ALLOWED.get(name, frozenset())} == {}


READ_WHOLE = sa.text("""
    SELECT relname FROM pg_stat_xact_user_tables
    WHERE seq_tup_read > 0 AND relname IN ('application', 'event', 'person', 'draft', 'ussd_offer')""")


@pytest.fixture
def small(owner: psycopg.Connection, services: None) -> None:
    """A store of a few weeks, so small that a plan for many would rather read its tables whole."""
    owner.execute(
        "INSERT INTO application (service, phone) SELECT 'water', '+96477' || lpad(i::text, 8, '0') "
        "FROM generate_series(1, 500) i"
    )
    owner.execute(
        "INSERT INTO gateway.person (phone, created_at, updated_at) SELECT phone, now(), now() FROM application"
    )
    owner.execute("ANALYZE")


@pytest.mark.parametrize("calls", [1, 16])
def test_what_every_session_asks_reads_no_table_whole_by_the_plan_that_is_kept(
    small: None, database_url: str, calls: int
) -> None:
    database, called = Database(database_url), [(PHONE, f"{number}") for number in range(calls)]
    sent = [(phone, f"ussd:{session}", session) for phone, session in called]
    with database.transaction() as tx:
        tx.execute(sa.text("SET LOCAL plan_cache_mode = force_generic_plan"))
        for _ in range(10):
            submissions.before(tx, sent)
            drafts.dialled(tx, called, "ussd", ["INFO_REQUIRED"], NOW)
        assert list(tx.execute(READ_WHOLE).scalars()) == []
    database.close()
