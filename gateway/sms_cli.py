"""`python -m gateway sms …`: what waits for the morning, who is not answered, what SMS cost, forgotten PINs.

Decides: how these are printed. Must not know: why a message waits or a sender is kept quiet.
"""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from gateway.runtime import Runtime
from menus import phones
from store import access, ledger, pins
from store import quarantine as kept


@click.group()
def sms() -> None:
    """Held messages, senders in quarantine, forgotten PINs, and the ledger."""


@sms.command()
@click.pass_obj
def held(build: Callable[[], Runtime]) -> None:
    """List the messages that quiet hours or a day off hold back."""
    runtime = build()
    with runtime.db.transaction() as tx:
        found = ledger.held(tx, runtime.now())
    for each in found:
        leaves = _local(runtime, each.next_attempt_at)
        click.echo(f"{each.id:>8}  {leaves}  {each.held:12} {each.kind:16} {each.reference or ''}")
    click.echo(f"{len(found)} held")


@sms.command()
@click.pass_obj
def quarantine(build: Callable[[], Runtime]) -> None:
    """List the senders that are not answered, and why."""
    runtime = build()
    with runtime.db.transaction() as tx:
        found = kept.listed(tx, runtime.now())
    for each in found:
        until = _local(runtime, each.until) if each.until else "released"
        click.echo(
            f"{each.phone:16} {each.reason:15} {each.messages:5}  {_local(runtime, each.last_at)}  until {until}"
        )
    click.echo(f"{len(found)} in quarantine")


@sms.command()
@click.argument("phone")
@click.option("--by", required=True, help="Who decides it.")
@click.pass_obj
def release(build: Callable[[], Runtime], phone: str, by: str) -> None:
    """Answer a sender again; what it did before does not count any more."""
    runtime = build()
    with runtime.db.transaction() as tx:
        number = kept.release(tx, phones.to_e164(phone) or phone, by, runtime.now())
    if not number:
        raise click.ClickException("no such sender is in quarantine")
    click.echo("released")


@sms.command(name="forget-pin")
@click.argument("phone")
@click.option("--by", required=True, help="Who has seen the citizen's papers.")
@click.pass_obj
def forget_pin(build: Callable[[], Runtime], phone: str, by: str) -> None:
    """Remove a PIN that its owner has forgotten."""
    runtime, number = build(), phones.to_e164(phone) or phone
    with runtime.db.transaction() as tx:
        if not pins.forget(tx, number, runtime.now()):
            raise click.ClickException("that phone has no PIN")
        access.record(tx, by, "card", runtime.now(), phone=number, asked={"what": "PIN forgotten"})
    click.echo("removed")


@sms.command(name="ledger")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Only this month, as 2026-11.")
@click.pass_obj
def costs(build: Callable[[], Runtime], month: datetime | None) -> None:
    """What SMS cost, by month, directorate and service."""
    wanted: date | None = month.date() if month else None
    with build().db.transaction() as tx:
        lines = ledger.lines(tx, wanted)
    click.echo("month    directorate          service      messages    parts  long       price")
    for line in lines:
        who = f"{line.month:%Y-%m}  {line.directorate or '-':20} {line.service or '-':12}"
        click.echo(
            f"{who} {line.messages:8} {line.parts:8} {line.long_messages:5} {line.price:>11} {line.currency}".rstrip()
        )


def _local(runtime: Runtime, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(runtime.content.calendar.timezone)):%Y-%m-%d %H:%M}"
