"""`python -m gateway calendar`: what an operator types, and that due dates follow."""

from datetime import date

import pytest
from click.testing import CliRunner, Result

from gateway.calendar_cli import calendar
from gateway.runtime import Runtime
from tests.gateway.office import Office


def run(runtime: Runtime, *arguments: str) -> Result:
    return CliRunner().invoke(calendar, list(arguments), obj=lambda: runtime)


def test_a_day_off_is_added_shown_and_taken_away(runtime: Runtime, office: Office) -> None:
    before = office.now(reference := office.case()).due_at
    assert before is not None
    off = before.date().isoformat()
    added = run(runtime, "add", off, "--name", "Arbaeen", "--arabic", "زيارة الأربعين")
    assert added.exit_code == 0, added.output
    assert added.output.splitlines() == [f"{off} is off: Arbaeen", "due dates counted again: 1 cases"]
    moved = office.now(reference).due_at
    assert moved is not None
    assert moved > before
    assert run(runtime, "list").output == f"{off}\toff\tArbaeen\tزيارة الأربعين\n"
    assert run(runtime, "remove", off).exit_code == 0
    assert office.now(reference).due_at == before


def test_a_saturday_can_be_worked(runtime: Runtime) -> None:
    assert run(runtime, "add", "2026-12-05", "--name", "cabinet order", "--working").exit_code == 0
    assert "2026-12-05\tworked\tcabinet order" in run(runtime, "list").output


def test_the_days_off_of_a_year_are_listed(runtime: Runtime) -> None:
    days = [line.partition("\t")[0] for line in run(runtime, "list", "--year", "2026").output.splitlines()]
    assert {"2026-01-01", "2026-01-06", "2026-05-27"} <= set(days)
    assert all(date.fromisoformat(day).isoweekday() not in (5, 6) for day in days)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("remove", "2026-12-05"), "was not added here"),
        (("add", "5/12/2026", "--name", "x"), "does not match the format"),
        (("add", "2026-12-05"), "Missing option '--name'"),
    ],
)
def test_what_cannot_be_done_is_said(runtime: Runtime, arguments: tuple[str, ...], message: str) -> None:
    refused = run(runtime, *arguments)
    assert refused.exit_code != 0
    assert message in refused.output
