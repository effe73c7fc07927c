"""However many cases there are, what is asked all day walks an index: no plan of it can do without a whole table."""

import psycopg
import pytest

from bench.store_questions import questions, read_whole
from store.db import Database

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
