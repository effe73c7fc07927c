"""`python -m gateway broadcast`: the same broadcasts as the API's, and a hand on the brake for the operator.

Decides: what is typed and shown. Must not know: the rules (handlers/broadcasts.py). To propose and to approve takes an
officer's own key, so that two people are two people here too; pause, resume and cancel take none.
"""

from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click
from pydantic import ValidationError

from gateway import keys
from gateway.api.broadcasts import Proposal
from gateway.api.reading import faults
from gateway.runtime import Runtime
from handlers import broadcasts as rules
from handlers.audiences import Meant
from handlers.context import Context, Refused
from store import broadcasts
from store.db import Transaction
from store.officers import Officer

T = TypeVar("T")
GetRuntime = Callable[[], Runtime]
OPERATOR = "operator"

with_key = click.option("--key", prompt="Officer's key", hide_input=True, help="asked for, so that nobody sees it")
with_file = click.argument("file", type=click.File(encoding="utf-8"))
with_number = click.argument("number", type=int)


@click.group()
def broadcast() -> None:
    """One text to many: preview, propose, approve, follow, stop."""


@broadcast.command()
@with_file
@with_key
@click.pass_obj
def preview(get_runtime: GetRuntime, file: TextIO, key: str) -> None:
    """Show phones, parts and cost of the broadcast in FILE (JSON, as docs/api.md says)."""
    asked = _read(file)
    found = _by_officer(get_runtime, key, lambda context, officer: rules.preview(context, officer, asked))
    for language, phones in found.phones.items():
        cost = f"{found.cost[language]} {found.currency}" if found.cost else "no price known yet"
        click.echo(f"{language}: {phones} phones x {found.segments[language]} = {found.parts[language]} parts, {cost}")
    click.echo(f"{found.minutes} minutes at this pace")


@broadcast.command()
@with_file
@with_key
@click.pass_obj
def propose(get_runtime: GetRuntime, file: TextIO, key: str) -> None:
    """Keep the broadcast in FILE for a second officer; its number is the last line."""
    asked = _read(file)
    made = _by_officer(get_runtime, key, lambda context, officer: rules.propose(context, officer, asked))
    click.echo(made.id)


@broadcast.command()
@with_number
@with_key
@click.pass_obj
def approve(get_runtime: GetRuntime, number: int, key: str) -> None:
    """Start a broadcast that another officer proposed."""
    made = _by_officer(get_runtime, key, lambda context, officer: rules.act(context, officer, number, "approve"))
    click.echo(f"{number} is {made.state}")


@broadcast.command(name="list")
@click.pass_obj
def list_broadcasts(get_runtime: GetRuntime) -> None:
    """Show the newest broadcasts: number, state, directorate, author, approver, title."""
    with get_runtime().db.transaction() as tx:
        for each in broadcasts.newest(tx, None):
            people = f"{each.author}\t{each.approver or '-'}"
            click.echo(f"{each.id}\t{each.state}\t{each.directorate}\t{people}\t{each.title}")


@broadcast.command()
@with_number
@click.pass_obj
def show(get_runtime: GetRuntime, number: int) -> None:
    """Show how far a broadcast is, and who did what."""
    with get_runtime().db.transaction() as tx:
        found = broadcasts.find(tx, number)
        progress = broadcasts.progress(tx, number)
    if found is None:
        raise click.ClickException(f"there is no broadcast {number}")
    click.echo(f"{found.id}\t{found.state}\t{found.title}")
    for state, (phones, parts) in sorted(progress.items()):
        click.echo(f"{state}\t{phones} phones\t{parts} parts")
    for step in found.steps:
        click.echo(f"{step['at']}\t{step['action']}\t{step['by']}")


def _brake(action: str, about: str) -> click.Command:
    @click.command(name=action, help=about)
    @with_number
    @click.pass_obj
    def command(get_runtime: GetRuntime, number: int) -> None:
        runtime = get_runtime()
        with runtime.db.transaction() as tx:
            click.echo(f"{number} is {_step(runtime.context(tx), number, action)}")

    return command


broadcast.add_command(_brake("pause", "Queue no more of it until it is resumed."))
broadcast.add_command(_brake("resume", "Go on with a paused broadcast."))
broadcast.add_command(_brake("cancel", "End it for good; what is queued already still goes."))


def _step(context: Context, number: int, action: str) -> str:
    found = broadcasts.lock(context.tx, number)
    if found is None:
        raise click.ClickException(f"there is no broadcast {number}")
    if action not in rules.NEXT.get(found.state, {}):
        raise click.ClickException(f"a {found.state} broadcast cannot {action}")
    return rules.change(context, found, action, OPERATOR).state


def _read(file: TextIO) -> rules.Proposal:
    try:
        asked = Proposal.model_validate_json(file.read())
    except ValidationError as error:
        raise click.ClickException("\n".join(f"{name}: {reason}" for name, reason in faults(error))) from None
    values: dict[str, Any] = asked.model_dump()
    values["meant"] = Meant(**values.pop("audience"))
    return rules.Proposal(**values)


def _by_officer(get_runtime: GetRuntime, key: str, work: Callable[[Context, Officer], T | Refused]) -> T:
    """What the officer's work comes to, in one transaction."""
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        done = work(runtime.context(tx), _officer(tx, key))
    if isinstance(done, Refused):
        raise click.ClickException("\n".join([done.message, *(f"{name}: {why}" for name, why in done.fields)]))
    return done


def _officer(tx: Transaction, key: str) -> Officer:
    officer = keys.authenticate(tx, f"Bearer {key.strip()}")
    if officer is None:
        raise click.ClickException("this is no officer's key")
    return officer
