"""`python -m gateway message`: what became of single messages, and what a person decides about them.

Decides: what an operator types and reads. Must not know: where the store is; the context's `obj` opens it. Phones are
shown masked: an id is enough to decide.
"""

from collections.abc import Callable
from datetime import timedelta

import click

from gateway.runtime import Runtime
from menus import phones
from store import attempts, unsure
from store.db import Transaction
from store.outbox import Message

GetRuntime = Callable[[], Runtime]
LIMIT = 200


@click.group()
def message() -> None:
    """Single messages: unsure ones, attempts, sending again, dropping."""


@message.command(name="unsure")
@click.pass_obj
def list_unsure(get_runtime: GetRuntime) -> None:
    """List messages of which nobody knows whether the provider took them, oldest first."""
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        found = unsure.waiting(tx, runtime.now() + timedelta(seconds=1), LIMIT)
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("none", err=True)


@message.command()
@click.argument("number", type=int)
@click.pass_obj
def show(get_runtime: GetRuntime, number: int) -> None:
    """Show a message and every attempt to send it."""
    with get_runtime().db.transaction() as tx:
        click.echo(_line(_found(tx, number)))
        for each in attempts.of_message(tx, number):
            price = f" {each.cost}" if each.cost else ""
            took = f" {each.latency_ms} ms" if each.latency_ms is not None else ""
            click.echo(
                f"  {each.at:%Y-%m-%d %H:%M:%S} {each.provider} {each.outcome} {each.code or ''} "
                f"{each.parts} parts{price}{took}"
            )


@message.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="why; kept with the message")
@click.option("--by", default="operator", show_default=True, help="who wants it")
@click.pass_obj
def resend(get_runtime: GetRuntime, number: int, reason: str, by: str) -> None:
    """Send a message again that is unsure, undelivered, failed or sent: the citizen may get it twice."""
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        before = _found(tx, number)
        if not unsure.resend(tx, number, runtime.now(), by, reason, ended=True):
            raise click.ClickException(f"a message that is {before.state} cannot be sent again")
    click.echo(f"message {number} is queued again")


@message.command()
@click.argument("number", type=int)
@click.pass_obj
def drop(get_runtime: GetRuntime, number: int) -> None:
    """Close an unsure message as failed: the citizen may never have got it."""
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        before = _found(tx, number)
        if not unsure.drop(tx, number, runtime.now()):
            raise click.ClickException(f"a message that is {before.state} is not unsure")
    click.echo(f"message {number} is closed as failed")


def _found(tx: Transaction, number: int) -> Message:
    found = unsure.find(tx, number)
    if found is None:
        raise click.ClickException(f"there is no message {number}")
    return found


def _line(each: Message) -> str:
    tried = f"{each.tried_at:%Y-%m-%d %H:%M:%S}" if each.tried_at else "-"
    about = each.reference or "-"
    return f"{each.id}\t{each.state}\t{each.kind}\t{about}\t{phones.mask(each.phone)}\t{tried}\t{each.error or ''}"
