"""The officer commands as an operator types them."""

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from gateway import keys
from gateway.officer_cli import officer
from gateway.runtime import Runtime
from gateway.settings import SettingsError
from store.db import Database
from store.officers import Officer

Type = Callable[..., Result]
CLERK = ("--role", "CLERK", "--directorate", "water")


@pytest.fixture
def type_(runtime: Runtime) -> Type:
    """Types a command: type_("list")."""
    return lambda *words: CliRunner().invoke(officer, words, obj=lambda: runtime)


def whose(runtime: Runtime, key: str) -> Officer | None:
    with runtime.db.transaction() as tx:
        return keys.authenticate(tx, f"Bearer {key}")


def last_line(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


def refused(result: Result, *words: str) -> None:
    assert result.exit_code != 0
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def test_an_officer_is_added_and_the_key_is_the_last_line(type_: Type, runtime: Runtime) -> None:
    added = whose(runtime, last_line(type_("add", "زهراء كاظم", *CLERK, "--role", "VERIFIER", "--role", "CLERK")))
    assert added is not None
    assert (added.name, added.roles, added.directorate) == ("زهراء كاظم", ("CLERK", "VERIFIER"), "water")


def test_a_new_key_replaces_the_old_one(type_: Type, runtime: Runtime) -> None:
    old = last_line(type_("add", "Zahra", *CLERK))
    new = last_line(type_("key", "Zahra"))
    assert whose(runtime, old) is None
    assert whose(runtime, new) is not None


def test_a_disabled_officer_keeps_the_name_and_gets_no_key(type_: Type, runtime: Runtime) -> None:
    key = last_line(type_("add", "Zahra", *CLERK))
    assert last_line(type_("disable", "Zahra")) == "Zahra is disabled"
    assert whose(runtime, key) is None
    refused(type_("key", "Zahra"), "Zahra is disabled")
    refused(type_("add", "Zahra", *CLERK), "an officer Zahra already")


def test_the_list_shows_every_officer_and_no_key(type_: Type) -> None:
    assert "no officers yet" in type_("list").stderr
    key = last_line(type_("add", "Zahra", *CLERK))
    last_line(type_("add", "Ali", "--role", "APPROVER", "--role", "CASHIER", "--directorate", "municipalities"))
    last_line(type_("disable", "Ali"))
    ali, zahra = type_("list").stdout.splitlines()
    assert re.fullmatch(r"Ali\tmunicipalities\tAPPROVER,CASHIER\t[\w-]{8}\tdisabled \d{4}-\d\d-\d\d", ali)
    assert zahra == f"Zahra\twater\tCLERK\t{key[:8]}\tactive"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("add", "Zahra", "--role", "KING", "--directorate", "water"),
            ("KING", "APPROVER, BRANCH, BROADCASTER, CASHIER"),
        ),
        (("add", "Zahra", "--role", "SYSTEM", "--directorate", "water"), ("SYSTEM",)),
        (("add", "Zahra", "--role", "CITIZEN", "--directorate", "water"), ("CITIZEN",)),
        (("add", "Zahra", "--role", "CLERK", "--directorate", "moon"), ("moon", "electricity", "water")),
        (("add", "", *CLERK), ("a name is",)),
        (("add", "x" * 61, *CLERK), ("a name is",)),
        (("add", "two\nlines", *CLERK), ("a name is",)),
        (("add", " Zahra", *CLERK), ("a name is",)),
        (("key", "Nobody"), ("no officer Nobody",)),
        (("disable", "Nobody"), ("no officer Nobody",)),
    ],
)
def test_a_mistake_is_one_line_that_says_what_there_is(
    type_: Type, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    refused(type_(*words), *told)
    assert type_("list").stdout == ""


@pytest.mark.parametrize("words", [("add", "Zahra"), ("add", "Zahra", "--role", "CLERK"), ("key",), ("unknown",)])
def test_a_command_that_is_not_whole_has_another_exit_code(type_: Type, words: tuple[str, ...]) -> None:
    assert type_(*words).exit_code == 2


def test_a_store_that_is_away_is_one_line(runtime: Runtime) -> None:
    away = Runtime(
        runtime.settings, Database("postgresql://x@127.0.0.1:1/x"), runtime.redis, runtime.versions, runtime.now
    )
    refused(CliRunner().invoke(officer, ["list"], obj=lambda: away), "the store does not answer")


def test_settings_that_are_missing_are_one_line() -> None:
    def get_runtime() -> Runtime:
        raise SettingsError("DATABASE_URL is not set.")

    refused(CliRunner().invoke(officer, ["list"], obj=get_runtime), "DATABASE_URL is not set.")
