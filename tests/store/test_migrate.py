"""Migrations run once, also when two processes start at once, and can be taken back."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from store.migrate import downgrade, upgrade
from tests.servers import Servers


@pytest.fixture
def fresh(servers: Servers) -> str:
    """An empty database."""
    return servers.create(f"fresh_{secrets.token_hex(4)}")


def test_two_upgrades_at_once_and_a_third_make_one_schema(fresh: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, [fresh, fresh]))
    upgrade(fresh)
    assert "application" in _tables(fresh)


def test_the_way_back_leaves_nothing_but_the_record(fresh: str) -> None:
    upgrade(fresh)
    downgrade(fresh)
    assert _tables(fresh) == ["alembic_version"]
    with psycopg.connect(fresh) as connection:
        functions = connection.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'gateway'::regnamespace")
        assert functions.fetchall() == []
    upgrade(fresh)
    assert "application" in _tables(fresh)


def _tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'gateway') ORDER BY tablename"
        )
        return [name for (name,) in found]
