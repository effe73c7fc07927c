"""`python -m gateway import FILE`: old applications of another system, from CSV or JSON lines, without any SMS.

Decides: how a file is read, and that a file with one fault imports nothing. Must not know: what a good row is.
"""

import csv
import getpass
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from gateway.runtime import Runtime
from handlers import taking_over
from menus.content import Content
from store.taken_over import OldCase

GetRuntime = Callable[[], Runtime]
BATCH = 1000
SHOWN = 20
_OBJECTS = ("answers", "details")


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default=None, help="of the register, for keys of rows without one; default: the file's name")
@click.option("--dry-run", is_flag=True, help="only say which lines have faults")
@click.pass_obj
def take_over(get_runtime: GetRuntime, file: Path, name: str | None, dry_run: bool) -> None:
    """Take old applications over, from FILE (.csv or .jsonl), without texting anybody; safe to repeat."""
    runtime = get_runtime()
    good = _check(runtime.content, file, name or file.stem)
    click.echo(f"{good} lines are good")
    if dry_run:
        return
    new, actor = 0, f"import by {getpass.getuser()}"
    with click.progressbar(length=good, label="cases", file=sys.stderr) as bar:
        for batch in _batches(runtime.content, file, name or file.stem):
            with runtime.db.transaction() as tx:
                new += taking_over.put(runtime.context(tx), batch, actor)
            bar.update(len(batch))
    click.echo(f"{new} applications taken over, {good - new} were here already; nobody was texted")


def _check(content: Content, file: Path, name: str) -> int:
    good, faults = 0, []
    for number, _, found in _cases(content, file, name):
        good += not found
        faults += [f"line {number}: {fault}" for fault in found]
    if faults:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        raise click.ClickException("\n".join([*faults[:SHOWN], *more, "nothing was imported"]))
    return good


def _batches(content: Content, file: Path, name: str) -> Iterator[Sequence[OldCase]]:
    cases = (case for _, case, _ in _cases(content, file, name) if case)
    while batch := list(islice(cases, BATCH)):
        yield batch


def _cases(content: Content, file: Path, name: str) -> Iterator[tuple[int, OldCase | None, list[str]]]:
    for number, row in _rows(file):
        if isinstance(row, str):
            yield number, None, [row]
        else:
            yield number, *taking_over.read(content, row, f"import:{name}:{number}")


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(line, the row, or why it is none)."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        if file.suffix.lower() == ".csv":
            reader = csv.DictReader(lines)
            yield from ((reader.line_num, _parsed(row)) for row in reader)
        else:
            yield from ((number, _object(line)) for number, line in enumerate(lines, 1) if line.strip())


def _parsed(row: dict[Any, Any]) -> dict[str, Any] | str:
    """A row of CSV: answers and details are JSON in their cells."""
    if None in row:
        return "has more cells than the first line"
    for name in _OBJECTS:
        if row.get(name):
            found = _object(row[name])
            if isinstance(found, str):
                return f"{name}: {found}"
            row[name] = found
    return row


def _object(text: str) -> dict[str, Any] | str:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        return f"is not JSON: {error.msg}"
    return found if isinstance(found, dict) else "is not a JSON object"
