"""Another system changes thousands of cases in one statement: each citizen gets one SMS, in as many relays as run."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from gateway.relay import announcing, relay_once
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks

MANY = 1000


@pytest.fixture
def portal(runtime: Runtime, database_url: str) -> Iterator[psycopg.Connection]:
    name, password = f"bulk_{secrets.token_hex(4)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE missan_portal").format(role, password))
        with psycopg.connect(database_url, user=name, password=password, autocommit=True) as connection:
            yield connection
        owner.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_bulk_change_is_one_sms_each_whoever_relays(
    runtime: Runtime, portal: psycopg.Connection, database_url: str
) -> None:
    portal.execute(
        "INSERT INTO application (service, phone, place) "
        "SELECT 'water', '+96477' || lpad(i::text, 8, '0'), '10' FROM generate_series(1, %s) i",
        [MANY],
    )
    portal.execute("UPDATE application SET state = 'DOCS_REQUIRED' WHERE service = 'water' AND state = 'SUBMITTED'")
    with ThreadPoolExecutor(3) as pool:
        relayed = sum(pool.map(lambda _: _relay_all(runtime), range(3)))
    assert relayed == 2 * MANY
    with psycopg.connect(database_url) as connection:
        told = connection.execute(
            "SELECT kind, count(*), count(DISTINCT phone) FROM gateway.message GROUP BY kind ORDER BY kind"
        ).fetchall()
        assert told == [("ack", MANY, MANY), ("docs", MANY, MANY)]
        assert connection.execute("SELECT count(*) FROM gateway.event WHERE relayed_at IS NULL").fetchall() == [(0,)]


def _relay_all(runtime: Runtime) -> int:
    done, empty = 0, 0
    while empty < 20:  # what another relay holds at this moment is left out: look again
        number = relay_once(runtime.db, announcing(runtime), runtime.now(), Setbacks())
        done, empty = done + number, 0 if number else empty + 1
    return done
