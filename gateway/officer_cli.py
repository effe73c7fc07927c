"""`python -m gateway officer`: adds officers, gives them keys, lists and disables them.

Decides: what an operator types and reads. Must not know: where the store is; the context's `obj` opens it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from gateway import keys
from gateway.runtime import Runtime
from gateway.settings import SettingsError
from handlers import broadcasts, desk
from menus.yaml_source import ContentError
from store import officers
from store.db import StoreUnavailable, Transaction
from store.officers import NameTaken, Officer

GetRuntime = Callable[[], Runtime]
LONGEST_NAME = 60


@click.group()
def officer() -> None:
    """Officers of the directorates and their keys for /api/v1."""


@officer.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="may be given several times")
@click.option("--directorate", required=True, help="whose cases the officer sees")
@click.pass_obj
def add(get_runtime: GetRuntime, name: str, roles: tuple[str, ...], directorate: str) -> None:
    """Add an officer; the new key is the last line, and is shown only now."""
    with opened(get_runtime) as (runtime, tx):
        _check(runtime, name, roles, directorate)
        new = keys.make()
        try:
            officers.add(tx, name, sorted(set(roles)), directorate, new.key_id, new.key_hash, runtime.now())
        except NameTaken:
            raise click.ClickException(f"there is an officer {name} already, perhaps a disabled one") from None
    _show(name, new)


@officer.command()
@click.argument("name")
@click.pass_obj
def key(get_runtime: GetRuntime, name: str) -> None:
    """Give an officer a new key, on the last line; the old one stops working."""
    with opened(get_runtime) as (_, tx):
        if _find(tx, name).disabled_at:
            raise click.ClickException(f"{name} is disabled; add the officer under another name")
        new = keys.make()
        officers.new_key(tx, name, new.key_id, new.key_hash)
    _show(name, new)


@officer.command(name="list")
@click.pass_obj
def list_officers(get_runtime: GetRuntime) -> None:
    """Show every officer: name, directorate, roles, key id, state."""
    with opened(get_runtime) as (_, tx):
        found = officers.list_all(tx)
    if not found:
        click.echo("no officers yet", err=True)
    for each in found:
        state = f"disabled {each.disabled_at:%Y-%m-%d}" if each.disabled_at else "active"
        click.echo(f"{each.name}\t{each.directorate}\t{','.join(each.roles)}\t{each.key_id}\t{state}")


@officer.command()
@click.argument("name")
@click.pass_obj
def disable(get_runtime: GetRuntime, name: str) -> None:
    """Refuse an officer's key from now on; what the officer did stays in the cases."""
    with opened(get_runtime) as (runtime, tx):
        _find(tx, name)
        officers.disable(tx, name, runtime.now())
    click.echo(f"{name} is disabled")


@contextmanager
def opened(get_runtime: GetRuntime) -> Iterator[tuple[Runtime, Transaction]]:
    """The runtime and a transaction; whatever keeps them away becomes one line and exit code 1."""
    try:
        runtime = get_runtime()
        with runtime.db.transaction() as tx:
            yield runtime, tx
    except (SettingsError, ContentError) as error:
        raise click.ClickException(str(error)) from None
    except StoreUnavailable:
        raise click.ClickException("the store does not answer; is DATABASE_URL right, or `make run` running?") from None


def _check(runtime: Runtime, name: str, roles: tuple[str, ...], directorate: str) -> None:
    if not name.isprintable() or name != name.strip() or not 1 <= len(name) <= LONGEST_NAME:
        raise click.ClickException(f"a name is one line of 1 to {LONGEST_NAME} characters")
    known = sorted({*desk.roles(runtime.content.services.values()), broadcasts.AUTHOR})
    if unknown := sorted(set(roles) - set(known)):
        raise click.ClickException(f"no such role: {', '.join(unknown)}; there are: {', '.join(known)}")
    if directorate not in runtime.content.directorates:
        names = ", ".join(sorted(runtime.content.directorates))
        raise click.ClickException(f"no such directorate: {directorate}; there are: {names}")


def _find(tx: Transaction, name: str) -> Officer:
    found = next((each for each in officers.list_all(tx) if each.name == name), None)
    if found is None:
        raise click.ClickException(f"there is no officer {name}")
    return found


def _show(name: str, new: keys.NewKey) -> None:
    click.echo(f"The key of {name}, shown only now:")
    click.echo(new.key)
