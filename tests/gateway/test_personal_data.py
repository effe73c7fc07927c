"""What is personal: sealed in the store, masked in lists, whole on the open case, and each look kept."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway import field_keys
from gateway.retention_rules import load_ages
from gateway.runtime import Runtime
from gateway.settings import Settings, SettingsError
from handlers import apply, keeping, personal
from handlers.sealing import Seals
from store import chain, people, retention
from tests.gateway.office import PHONE, Desk, Office

CHILD, PARENT = "201912345678", "199012345678"
SCHOOL = {"stage": "first", "birth": "202003", "sex": "girl", "school": "215", "child_card": CHILD}


@pytest.fixture
def case(runtime: Runtime) -> str:
    """A child is registered at a school, by a parent with a card."""
    args = {"service": "school", "language": "ar", "answers": SCHOOL, "place": "10", "person": {"card": PARENT}}
    with runtime.db.transaction() as tx:
        return str(apply.submit(runtime.context(tx), PHONE, "ussd", "s-school", args)["reference"])


@pytest.fixture
def raw(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def read(desk: Desk, path: str, **query: str) -> Any:
    """What the API answers."""
    return desk.get(path, **query).json


def test_no_table_holds_a_sensitive_answer_in_the_clear(raw: psycopg.Connection, case: str) -> None:
    tables = raw.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'gateway')")
    for schema, table in tables.fetchall():
        text = json.dumps(raw.execute(f"SELECT to_jsonb(t) FROM {schema}.{table} t").fetchall(), default=str)
        assert CHILD not in text, table
        assert PARENT not in text, table


def test_an_officer_sees_it_on_the_open_case_only(office: Office, case: str) -> None:
    clerk = office.hire("zainab", "REGISTRAR", directorate="education")
    [listed] = read(clerk, "/applications")["items"]
    assert (listed["answers"]["child_card"], listed["answers"]["birth"]) == ("•••", "…03")
    opened = read(clerk, f"/applications/{case}")
    assert (opened["answers"]["child_card"], opened["answers"]["birth"]) == (CHILD, "202003")
    assert CHILD not in json.dumps(opened["history"])


def test_every_look_is_kept_and_a_director_may_read_them(office: Office, case: str) -> None:
    clerk = office.hire("zainab", "REGISTRAR", directorate="education")
    director = office.hire("hassan", "DIRECTOR", directorate="education")
    clerk.get("/applications", state="SUBMITTED")
    clerk.get(f"/applications/{case}")
    clerk.get(f"/applications/{case}")
    views = read(director, f"/applications/{case}/views")["items"]
    assert [(view["officer"], view["view"]) for view in views] == [("zainab", "case")] * 2
    assert clerk.get(f"/applications/{case}/views").status_code == 403
    assert director.get("/applications/24839174/views").status_code == 404


def test_a_director_exports_the_cases_that_are_the_directorates(office: Office, case: str) -> None:
    water = office.case()
    director = office.hire("hassan", "DIRECTOR", directorate="education")
    answer = director.get("/person", phone=PHONE)
    assert answer.json is not None, answer.text
    records = answer.json["records"]
    assert [row["reference"] for row in records["applications"]] == [case]
    assert records["applications"][0]["answers"]["child_card"] == CHILD
    assert water not in answer.text


def test_a_complainant_who_hides_is_known_to_the_grievance_officer_alone(office: Office, runtime: Runtime) -> None:
    args = {
        "service": "grievance",
        "language": "ar",
        "answers": {"about": "water", "hide": "yes"},
        "place": "10",
        "person": {},
    }
    with runtime.db.transaction() as tx:
        reference = str(apply.submit(runtime.context(tx), PHONE, "ussd", "s-hide", args)["reference"])
        held = runtime.content.services["grievance"].routing.default
    handler = office.hire("ali", "HANDLER", directorate=held)
    gro = office.hire("sara", "GRO", directorate=held)
    for path in ("/applications", f"/applications/{reference}"):
        assert PHONE not in handler.get(path).text
        assert PHONE in gro.get(path).text


def test_an_export_holds_everything_opened(runtime: Runtime, case: str) -> None:
    with runtime.db.transaction() as tx:
        found = keeping.export(runtime.context(tx), PHONE, "operator")
    assert found["applications"][0]["answers"]["child_card"] == CHILD
    assert found["profile"][0]["card"] == PARENT
    assert [row["action"] for row in found["history"]] == ["submit"]
    assert len(found["messages"]) == 1
    assert [row["view"] for row in found["views"]] == ["export"]


def test_a_card_is_found_by_its_keyed_hash(runtime: Runtime, case: str) -> None:
    with runtime.db.transaction() as tx:
        assert people.with_card(tx, runtime.seals.lookups(personal.CARD, PARENT)) == [PHONE]
        assert people.with_card(tx, runtime.seals.lookups(personal.CARD, CHILD)) == []


def test_new_keys_make_the_old_ones_unnecessary_and_no_new_version(
    runtime: Runtime, raw: psycopg.Connection, case: str
) -> None:
    before = raw.execute("SELECT version, updated_at FROM application").fetchall()
    both = Seals([b"n" * 32, *runtime.seals.keys])
    with runtime.db.transaction() as tx:
        context = replace(runtime.context(tx), seals=both)
        assert [keeping.rekey_cases(context, ("2", "a")) for _ in range(2)] == [1, 0]
        assert (keeping.rekey_cards(context), keeping.rekey_cards(context)) == (1, 0)
        keeping.rekeyed(context)
    newest = Seals([b"n" * 32])
    with runtime.db.transaction() as tx:
        found = keeping.export(replace(runtime.context(tx), seals=newest), PHONE, "operator")
        assert people.with_card(tx, newest.lookups(personal.CARD, PARENT)) == [PHONE]
    assert found["applications"][0]["answers"]["child_card"] == CHILD
    assert found["profile"][0]["card"] == PARENT
    assert raw.execute("SELECT version, updated_at FROM application").fetchall() == before
    assert raw.execute("SELECT count(*) FROM gateway.event").fetchall() == [(1,)]
    with pytest.raises(SettingsError, match="FIELD_KEYS"):
        field_keys.must_fit(runtime)


def test_under_new_keys_nothing_else_may_change(raw: psycopg.Connection, case: str) -> None:
    raw.execute("SELECT set_config('gateway.rekey', 'on', false)")
    with pytest.raises(psycopg.errors.CheckViolation, match="only what is sealed"):
        raw.execute('UPDATE application SET answers = answers || \'{"school": "1"}\'')


def test_an_erased_case_leaves_its_events_and_no_person(runtime: Runtime, raw: psycopg.Connection, case: str) -> None:
    raw.execute("UPDATE gateway.message SET state = 'delivered'")
    with runtime.db.transaction() as tx:
        assert retention.erase(tx, case, "operator", "asked for", runtime.now())
        assert not retention.erase(tx, case, "operator", "asked for", runtime.now())
        assert chain.check(tx, "2", "a") == (1, None)
    for table in ("application", "gateway.event", "gateway.message", "gateway.inbound"):
        assert PHONE not in str(raw.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchall())
    assert raw.execute("SELECT reference, actor, reason FROM gateway.erasure").fetchall() == [
        (case, "operator", "asked for")
    ]


@pytest.mark.parametrize("given", ["short", "A" * 42, "A" * 43 + ",nonsense"])
def test_a_bad_key_is_refused_at_boot_and_not_printed(given: str) -> None:
    with pytest.raises(ValueError, match="no URL-safe base64 of 32 bytes") as refused:
        Settings(field_keys=given)
    assert "nonsense" not in str(refused.value).split("input_value")[0]


def test_a_key_that_nobody_set_is_made_once_and_kept(runtime: Runtime, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert field_keys.seals(settings).keys == field_keys.seals(settings).keys
    assert (settings.data_dir / field_keys.FILE).stat().st_mode & 0o777 == 0o600


def test_after_a_case_is_erased_no_table_names_its_citizen(
    office: Office, runtime: Runtime, raw: psycopg.Connection
) -> None:
    clerk = office.hire("zainab", "CLERK")
    reference = office.case(phone=PHONE)
    assert clerk.act(reference, "accept", 1, key="k1").status_code == 200
    raw.execute("UPDATE gateway.message SET state = 'delivered', provider = 'p', provider_id = id::text")
    raw.execute(
        "INSERT INTO gateway.delivery_report (provider, provider_id, phone, status, received_at) "
        "SELECT 'p', id::text, phone, 'Success', now() FROM gateway.message"
    )
    raw.execute("INSERT INTO gateway.muted_case VALUES (%s, %s, now())", [PHONE, reference])
    with runtime.db.transaction() as tx:
        assert retention.erase(tx, reference, "operator", "asked for", runtime.now())
    assert named_in(raw) == {"person"}  # the profile is the phone's, and not the case's


def test_what_is_not_a_cases_goes_by_its_age(office: Office, runtime: Runtime, raw: psycopg.Connection) -> None:
    raw.execute(
        "INSERT INTO gateway.message (phone, language, kind, text, parts, priority, state, next_attempt_at, "
        "created_at) VALUES (%s, 'ar', 'help', 'x', 1, 0, 'sent', now(), now())",
        [PHONE],
    )
    raw.execute("INSERT INTO gateway.asked VALUES (%s, 'drop', NULL, NULL, now())", [PHONE])
    raw.execute(
        "INSERT INTO gateway.quarantine (phone, reason, first_at, last_at, until) "
        "VALUES (%s, 'flood', now(), now(), now())",
        [PHONE],
    )
    ages = load_ages().deleted
    with runtime.db.transaction() as tx:
        for what, days in ages.items():
            retention.delete_older(tx, what, runtime.now() - timedelta(days=days), 500)
    assert named_in(raw) == {"message", "asked", "quarantine"}
    with runtime.db.transaction() as tx:
        for what in ages:
            retention.delete_older(tx, what, runtime.now() + timedelta(days=1), 500)
    assert named_in(raw) == set()


def named_in(raw: psycopg.Connection) -> set[str]:
    """The tables with a row that names PHONE."""
    tables = raw.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'gateway')")
    return {
        table
        for schema, table in tables.fetchall()
        if PHONE in str(raw.execute(f"SELECT to_jsonb(t) FROM {schema}.{table} t").fetchall())
    }
