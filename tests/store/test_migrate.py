"""Migrations run once, also when two processes start at once, keep nobody waiting, and can be taken back."""

import secrets
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from store import chain, workflow_tables
from store.db import Database
from store.events import EVERY
from store.migrate import Blocked, downgrade, upgrade
from tests.servers import Servers
from tests.store.workflow import PHONE, WATER

FIRST = "0001"


@pytest.fixture
def fresh(servers: Servers) -> str:
    """An empty database."""
    return servers.create(f"fresh_{secrets.token_hex(4)}")


@pytest.fixture
def older(fresh: str) -> str:
    """A store of the first release, which knows one service, with a hundred cases."""
    upgrade(fresh, FIRST)
    with psycopg.connect(fresh) as connection:
        connection.execute("INSERT INTO gateway.service VALUES ('water', 'SUBMITTED', 'water', 15)")
        for state, final in WATER.states.items():
            connection.execute("INSERT INTO gateway.service_state VALUES ('water', %s, %s)", [state, final])
        for move in WATER.moves:
            connection.execute("INSERT INTO gateway.service_move VALUES ('water', %s, %s, %s)", move)
        connection.execute(
            "INSERT INTO application (service, phone) SELECT 'water', %s FROM generate_series(1, 100)", [PHONE]
        )
    return fresh


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


def test_a_migration_behind_a_long_transaction_gives_up_and_keeps_nobody_waiting(older: str) -> None:
    with psycopg.connect(older) as long:
        long.execute("UPDATE application SET state = 'DOCS_REQUIRED' WHERE ctid = (SELECT min(ctid) FROM application)")
        with ThreadPoolExecutor(1) as pool:
            migrated = pool.submit(upgrade, older)
            waits = [_insert_takes(older) for _ in range(20)]
            with pytest.raises(Blocked, match="held by a long transaction"):
                migrated.result(60)
    assert max(waits) < 2.5
    upgrade(older)
    with psycopg.connect(older) as connection:
        assert connection.execute("SELECT count(*) FROM application").fetchall() == [(120,)]


def test_the_release_before_goes_on_while_the_store_is_migrated_under_it(older: str) -> None:
    done, stop = [0], threading.Event()
    db = Database(older)

    def work() -> None:
        with psycopg.connect(older, autocommit=True) as connection:
            connection.prepare_threshold = 1
            while not stop.is_set():
                _use_as_the_first_release_did(connection, done[0])
                done[0] += 1

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        _wait_for(done, 5, working)
        upgrade(older)
        _wait_for(done, done[0] + 5, working)
        with db.transaction() as tx:
            workflow_tables.sync(tx, [WATER])
        _wait_for(done, done[0] + 5, working)
        stop.set()
        working.result(10)
    with db.transaction() as tx:
        checked, broken = chain.check(tx, *EVERY)
    db.close()
    assert (checked, broken) == (100 + 3 * done[0], None)


def test_a_release_that_starts_again_behind_the_next_one_leaves_the_store_alone(fresh: str) -> None:
    upgrade(fresh)
    with psycopg.connect(fresh) as connection:
        connection.execute("UPDATE gateway.alembic_version SET version_num = '9999'")
    upgrade(fresh)
    with psycopg.connect(fresh) as connection:
        assert connection.execute("SELECT version_num FROM gateway.alembic_version").fetchall() == [("9999",)]


def _use_as_the_first_release_did(connection: psycopg.Connection, number: int) -> None:
    """A submission, a move and a relayed event, in the words of that release."""
    with connection.transaction():
        connection.execute(
            "SELECT set_config('gateway.act', %s, true)",
            ['{"kind": "citizen", "actor": "+9647701234567", "action": "submit", "details": {}}'],
        )
        made = connection.execute(
            "INSERT INTO public.application (service, phone, place, language, answers, channel, submission, "
            "directorate, due_at, submitted_by, state, created_at) "
            "VALUES ('water', %s, 'amara', 'ar', '{}', 'ussd', %s, 'water', NULL, NULL, NULL, now()) "
            "ON CONFLICT (submission) DO NOTHING RETURNING *",
            [PHONE, f"ussd:{number}"],
        ).fetchone()
        assert made is not None
        connection.execute(
            "INSERT INTO gateway.event (reference, service, from_state, to_state, action, actor_kind, actor, details, "
            "version, at) VALUES (%s, 'water', 'SUBMITTED', 'SUBMITTED', 'note', 'system', 'sweep', '{}', 1, now())",
            [made[0]],
        )
        connection.execute(
            "UPDATE public.application SET state = 'DOCS_REQUIRED', details = details || '{\"note\": \"x\"}', "
            "directorate = coalesce(NULL, directorate), due_at = NULL, updated_at = now() "
            "WHERE reference = %s AND version = %s RETURNING *",
            [made[0], 1],
        )
        connection.execute("UPDATE gateway.event SET relayed_at = now() WHERE reference = %s", [made[0]])


def _insert_takes(url: str) -> float:
    time.sleep(0.2)
    started = time.monotonic()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO application (service, phone) VALUES ('water', %s)", [PHONE])
    return time.monotonic() - started


def _wait_for(done: list[int], number: int, working: Future[None]) -> None:
    ends = time.monotonic() + 20
    while done[0] < number and not working.done() and time.monotonic() < ends:
        time.sleep(0.02)
    assert done[0] >= number, working.exception(0)


def _tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'gateway') ORDER BY tablename"
        )
        return [name for (name,) in found]
