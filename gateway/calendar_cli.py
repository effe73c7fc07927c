"""`python -m gateway calendar`: days off that the governorate adds, and days worked all the same.

Decides: what an operator types and reads. Must not know: what a working day is, how a due date is counted.
"""

from datetime import date, datetime

import click

from gateway import clockwork
from gateway.officer_cli import GetRuntime, opened
from gateway.setbacks import Setbacks
from handlers import winding
from handlers.calendar import is_working_day
from store import clocks
from store.clocks import SpecialDay

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def calendar() -> None:
    """Working days: what the governorate adds to the weekend and to Iraq's holidays."""


@calendar.command()
@click.argument("day", type=DAY)
@click.option("--name", "name_en", required=True, help="what the day is")
@click.option("--arabic", "name_ar", default=None, help="the same in Arabic; default: as given in --name")
@click.option("--working", is_flag=True, help="the day is worked, although it is a weekend or a holiday")
@click.pass_obj
def add(get_runtime: GetRuntime, day: datetime, name_en: str, name_ar: str | None, working: bool) -> None:
    """Add a day off, or with --working a day that is worked; due dates are counted again."""
    with opened(get_runtime) as (runtime, tx):
        clocks.set_day(tx, SpecialDay(day.date(), working, name_ar or name_en, name_en), runtime.now())
    click.echo(f"{day.date()} is {'worked' if working else 'off'}: {name_en}")
    _recount(get_runtime)


@calendar.command()
@click.argument("day", type=DAY)
@click.pass_obj
def remove(get_runtime: GetRuntime, day: datetime) -> None:
    """Take an added day away again; due dates are counted again."""
    with opened(get_runtime) as (_, tx):
        if not clocks.forget_day(tx, day.date()):
            raise click.ClickException(
                f"{day.date()} was not added here; days of config/calendar.yaml stay in the file"
            )
    click.echo(f"{day.date()} is as it was")
    _recount(get_runtime)


@calendar.command(name="list")
@click.option("--year", type=int, default=None, help="also show every holiday of this year")
@click.pass_obj
def list_days(get_runtime: GetRuntime, year: int | None) -> None:
    """Show the days that were added, and with --year every day off of a year outside the weekend."""
    with opened(get_runtime) as (runtime, tx):
        added = clocks.special_days(tx)
        working_time = winding.today(tx, runtime.content).calendar
    for each in added:
        click.echo(f"{each.day}\t{'worked' if each.working else 'off'}\t{each.name_en}\t{each.name_ar}")
    if year is not None:
        days = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
        off = [d for d in days if d.isoweekday() not in working_time.weekend and not is_working_day(working_time, d)]
        click.echo("\n".join(f"{day}\toff" for day in off))
    elif not added:
        click.echo("no days were added", err=True)


def _recount(get_runtime: GetRuntime) -> None:
    """The running sweep would do it, too; this way the operator sees it done."""
    runtime, setbacks, total = get_runtime(), Setbacks(), 0
    while count := clockwork.recount(runtime, setbacks):
        total += count
        if count < clockwork.BATCH:
            break
    click.echo(f"due dates counted again: {total} cases")
