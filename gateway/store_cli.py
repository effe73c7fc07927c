"""`python -m gateway verify | rekey | export | erase | measures`: the operator's commands over the shared store.

Decides: what an operator types and reads, and exit codes. Must not know SQL or ciphers.
"""

import getpass
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import click

from gateway.runtime import Runtime
from handlers import keeping
from menus import phones, references
from store import chain, measures, retention
from store.chain import Break

GetRuntime = Callable[[], Runtime]
BROKEN = 1


@click.command()
@click.option("--expect", metavar="ID:HASH", help="an anchor that was noted elsewhere, from the log or from here")
@click.pass_obj
def verify(get_runtime: GetRuntime, expect: str | None) -> None:
    """Check every event's hash, every case against its history, every anchor. Exit code 1: something was changed."""
    runtime = get_runtime()
    events, breaks = _check_cases(runtime)
    anchors, more = _check_anchors(runtime, expect)
    breaks += more
    if breaks:
        first = min(breaks, key=lambda found: (found.event_id is None, found.event_id or 0))
        click.echo(f"BROKEN: {_said(first)}; {len(breaks)} places in all", err=True)
        sys.exit(BROKEN)
    click.echo(f"the history is whole: {events} events, {len(anchors)} anchors")
    if anchors:
        click.echo(f"newest anchor, to be noted elsewhere: {anchors[-1]}")


def _check_cases(runtime: Runtime) -> tuple[int, list[Break]]:
    events, breaks = 0, []
    with click.progressbar(chain.slices(), label="cases", file=sys.stderr) as spans:
        for low, high in spans:
            with runtime.db.transaction() as tx:
                number, found = chain.check(tx, low, high)
            events += number
            breaks += [found] if found else []
    return events, breaks


def _check_anchors(runtime: Runtime, expect: str | None) -> tuple[list[str], list[Break]]:
    names, breaks = [], []
    with runtime.db.transaction() as tx:
        for anchor, found in chain.check_anchors(tx):
            names.append(f"{anchor.id}:{anchor.hash.hex()}")
            breaks += [found] if found else []
    if expect and expect not in names:
        breaks.append(Break(None, None, f"there is no anchor {expect}"))
    return names, breaks


def _said(found: Break) -> str:
    where = [f"event {found.event_id}"] if found.event_id else []
    return ": ".join([*where, *([f"case {found.reference}"] if found.reference else []), found.fault])


@click.command()
@click.pass_obj
def rekey(get_runtime: GetRuntime) -> None:
    """Seal everything sensitive anew under the newest of FIELD_KEYS, while the gateway runs; safe to repeat."""
    runtime = get_runtime()
    changed = 0
    with click.progressbar(chain.slices(), label="cases", file=sys.stderr) as spans:
        for span in spans:
            with runtime.db.transaction() as tx:
                changed += keeping.rekey_cases(runtime.context(tx), span)
    with runtime.db.transaction() as tx:
        changed += keeping.rekey_drafts(runtime.context(tx))
    while True:
        with runtime.db.transaction() as tx:
            batch = keeping.rekey_cards(runtime.context(tx))
        changed += batch
        if not batch:
            break
    with runtime.db.transaction() as tx:
        keeping.rekeyed(runtime.context(tx))
    click.echo(f"{changed} values sealed anew; only key {runtime.seals.newest} is needed now")


@click.command()
@click.argument("phone")
@click.pass_obj
def export(get_runtime: GetRuntime, phone: str) -> None:
    """Print all that is held on a phone, as JSON; the look is logged."""
    known = phones.from_wire(phone)
    if known is None:
        raise click.ClickException(f"{phone} is not a phone number")
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        found = keeping.export(runtime.context(tx), known, f"operator {getpass.getuser()}")
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=_plain))


@click.command()
@click.argument("reference")
@click.option("--reason", required=True, help="why, as it is kept with the erasure")
@click.confirmation_option(prompt="Erase the personal data of this case for good?")
@click.pass_obj
def erase(get_runtime: GetRuntime, reference: str, reason: str) -> None:
    """Erase what is personal of a case; its events stay, without what they said of a person."""
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        done = references.is_reference(reference) and retention.erase(
            tx, reference, f"operator {getpass.getuser()}", reason, runtime.now()
        )
    if not done:
        raise click.ClickException(f"there is no case {reference}, or an SMS of it is still on its way")
    click.echo(f"case {reference} is erased")


@click.command(name="measures")
@click.option("--days", default=365, show_default=True, help="how far back")
@click.pass_obj
def show_measures(get_runtime: GetRuntime, days: int) -> None:
    """Count the measures anew and print those to be published, as JSON; an empty cell counts fewer than five."""
    runtime = get_runtime()
    with runtime.db.transaction() as tx:
        measures.gather(tx)
    with runtime.db.transaction() as tx:
        found = measures.read(tx, (runtime.now() - timedelta(days=days)).date())
    click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=_plain))


COMMANDS = (verify, rekey, export, erase, show_measures)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else float(value)  # a Decimal
