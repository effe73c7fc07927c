"""The sweep's slow work: a round mends, anchors and deletes by age; and verify names what nobody can mend."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask

from gateway.housekeeping import Housekeeper
from gateway.retention_rules import Ages, load_ages
from gateway.runtime import Runtime
from gateway.settings import ROOT
from gateway.store_cli import verify
from store import chain
from tests.blind_store import blind
from tests.gateway.office import Office
from tests.system.running import until

At = Callable[[datetime], Runtime]
WHOLE = [("2", "a")]
"""One slice of all cases: a round is then a full one."""
AGES = Ages(raw_input=90, requests=7, messages=400, views=1095, people=730, cases=3650)


@pytest.fixture
def raw(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def case(runtime: Runtime, app: Flask) -> str:
    return Office(runtime, app).case()


def later(runtime: Runtime, at: At, **delta: float) -> Housekeeper:
    return Housekeeper(at(runtime.now() + timedelta(**delta)), AGES, WHOLE)


def test_the_ages_of_the_checkout_are_read() -> None:
    assert load_ages().raw_input == 90


def test_a_full_round_appends_what_the_triggers_did_not_see(
    runtime: Runtime, raw: psycopg.Connection, case: str
) -> None:
    with blind(raw):
        raw.execute("UPDATE application SET state = 'DOCS_REQUIRED'")
    Housekeeper(runtime, AGES, WHOLE).round()
    [(actor, state)] = raw.execute("SELECT actor, to_state FROM gateway.event ORDER BY id DESC LIMIT 1").fetchall()
    assert (actor, state) == ("sweep", "DOCS_REQUIRED")


def test_a_later_pass_drops_an_anchor_and_the_log_has_it(
    runtime: Runtime, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    keeper = Housekeeper(runtime, AGES)
    assert _anchored(runtime, keeper) is None
    # Nothing is decided while any transaction is open that began before, and the server has other tests' too.
    anchor = until(lambda: _anchored(runtime, keeper), "an anchor", 30)
    assert anchor is not None
    assert anchor.hash.hex() in caplog.text


def _anchored(runtime: Runtime, keeper: Housekeeper) -> chain.Anchor | None:
    """The latest anchor after one more pass."""
    keeper.round()
    with runtime.db.transaction() as tx:
        return chain.latest(tx)


def test_raw_input_is_gone_after_90_days_and_counts_stay(
    runtime: Runtime, at: At, raw: psycopg.Connection, case: str
) -> None:
    now = runtime.now()
    raw.execute(
        "INSERT INTO gateway.inbound (provider, provider_id, phone, sent_to, text, received_at, handled_at, intent) "
        "VALUES ('p', '1', '+9647701234567', '5599', 'secret', %s, %s, 'help')",
        [now, now],
    )
    later(runtime, at, days=89).round()
    assert raw.execute("SELECT text FROM gateway.inbound").fetchall() == [("secret",)]
    later(runtime, at, days=91).round()
    assert raw.execute("SELECT phone, text, intent FROM gateway.inbound").fetchall() == [("", "", "help")]


def test_a_case_closed_for_ten_years_is_erased_and_an_open_one_is_not(
    runtime: Runtime, at: At, raw: psycopg.Connection, app: Flask, case: str
) -> None:
    other = Office(runtime, app).case(phone="+9647709999999")
    raw.execute("UPDATE application SET state = 'WITHDRAWN' WHERE reference = %s", [case])
    raw.execute("UPDATE gateway.message SET state = 'delivered'")
    raw.execute("UPDATE gateway.event SET relayed_at = now()")
    later(runtime, at, days=3660).round()
    assert raw.execute("SELECT reference FROM application").fetchall() == [(other,)]
    assert raw.execute("SELECT reference FROM gateway.erasure").fetchall() == [(case,)]


def test_verify_says_whole_and_then_names_the_first_broken_event(
    runtime: Runtime, raw: psycopg.Connection, case: str
) -> None:
    run = CliRunner().invoke(verify, obj=lambda: runtime)
    assert (run.exit_code, run.stdout.strip()) == (0, "the history is whole: 1 events, 0 anchors")
    raw.execute("SET session_replication_role = replica")
    raw.execute("UPDATE gateway.event SET action = 'approve'")
    [(event,)] = raw.execute("SELECT id FROM gateway.event").fetchall()
    run = CliRunner().invoke(verify, obj=lambda: runtime)
    assert run.exit_code == 1
    assert f"BROKEN: event {event}: case {case}: its hash does not fit" in run.stderr


def test_verify_misses_an_anchor_that_was_noted_elsewhere(runtime: Runtime, case: str) -> None:
    run = CliRunner().invoke(verify, ["--expect", "1:00ff"], obj=lambda: runtime)
    assert run.exit_code == 1
    assert "there is no anchor 1:00ff" in run.stderr


@pytest.mark.parametrize("command", ["verify", "rekey", "export", "erase", "measures"])
def test_each_command_has_its_help(command: str) -> None:
    run = subprocess.run([sys.executable, "-m", "gateway", command, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0
    assert "Usage" in run.stdout
