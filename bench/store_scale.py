"""The store with a governorate's cases in it: how long its questions take, and what a bulk update is.

Decides what counts as slow. `scale(url, cases)` fills an empty migrated store and prints the figures;
`python -m bench.store_scale --cases 1000000` does it on an embedded server of its own, or on --url.
"""

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import psycopg
from psycopg import sql

from bench.store_cases import import_cases, walk_cases, write_messages
from bench.store_questions import Figure, ask_all, processor_ms, questions
from gateway.postgres import start_postgres
from gateway.settings import ROOT
from gateway.workflow_sync import rows
from menus.load import load_content
from store import measures, places, workflow_tables
from store.db import Database
from store.migrate import upgrade

SLOW_MS = 10.0
BULK = 10_000

_BULK = """
    UPDATE application SET state = 'UNDER_REVIEW' WHERE reference IN (
        SELECT reference FROM application
        WHERE service = 'grievance' AND state = 'SUBMITTED' ORDER BY reference LIMIT %(limit)s)"""


_DETAILS = _BULK.replace("'UNDER_REVIEW'", """'UNDER_REVIEW', details = details || '{"note": "x", "fee": "5000"}'""")


def bulk(url: str, statement: str, rounds: int = 7) -> tuple[float, float, float]:
    """Milliseconds of one UPDATE of 10,000 rows, without any trigger of ours and as it is, taken in turn: two medians
    of the server's processor time, and the median of their ratios.
    """
    taken: list[tuple[float, float]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(rounds):
            plain = _one(connection, statement, "ALTER TABLE application DISABLE TRIGGER USER")
            taken.append((plain, _one(connection, statement, "SELECT 1")))
    plains, ours = zip(*taken, strict=True)
    return statistics.median(plains), statistics.median(ours), statistics.median(our / plain for plain, our in taken)


def _one(connection: psycopg.Connection, statement: str, before: str) -> float:
    server = connection.info.backend_pid
    with connection.transaction(force_rollback=True):
        connection.execute(before)
        began, started = processor_ms(server), time.perf_counter()
        connection.execute(statement, {"limit": BULK})
        waited, worked = (time.perf_counter() - started) * 1000, processor_ms(server) - began
    connection.execute("VACUUM application")
    connection.execute("VACUUM gateway.event")
    return waited if math.isnan(worked) else worked


def scale(url: str, cases: int, *, fill: bool = True) -> list[Figure]:
    """Fill the store, if `fill`, and print the figures; a line with `!` is slow or reads a table whole."""
    if fill:
        _fill(url, cases)
    _sizes(url)
    print(f"  {'milliseconds':32} {'p50':>8} {'p99':>8} {'server':>8}")
    figures = ask_all(url, questions(url))
    for each in figures:
        slow = "!" if each.p50 > SLOW_MS or each.whole else " "
        whole = f"  reads whole: {', '.join(sorted(each.whole))}" if each.whole else ""
        print(f"{slow} {each.name:32} {each.p50:8.2f} {each.p99:8.2f} {each.server:8.2f}{whole}")
    for name, statement in (("state", _BULK), ("state and details", _DETAILS)):
        plain, ours, ratio = bulk(url, statement)
        print(f"  {BULK} rows, {name}, in one UPDATE: plain {plain:.0f} ms, captured {ours:.0f} ms, {ratio:.2f}x")
    started = time.perf_counter()
    db = Database(url, statement_timeout_ms=300_000)
    with db.transaction() as tx:
        measures.gather(tx)
    db.close()
    print(f"  measures gathered in {time.perf_counter() - started:.1f} s")
    return figures


def _fill(url: str, cases: int) -> None:
    db, content = Database(url), load_content(ROOT / "config")
    with db.transaction() as tx:
        workflow_tables.sync(tx, rows(content))
        places.sync(tx, content.place_codes)
    db.close()
    steps: list[Callable[[], None]] = [
        lambda: import_cases(url, cases),
        lambda: walk_cases(url),
        lambda: write_messages(url),
    ]
    for step in steps:
        started = time.perf_counter()
        step()
        print(f"  took {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _sizes(url: str) -> None:
    with psycopg.connect(url) as connection:
        for table in ("application", "gateway.event", "gateway.message"):
            counted = sql.SQL("SELECT count(*), pg_size_pretty(pg_total_relation_size({})) FROM {}")
            name = sql.Identifier(*table.split("."))
            [(number, size)] = connection.execute(counted.format(sql.Literal(table), name)).fetchall()
            print(f"  {table}: {number} rows, {size}")


@click.command()
@click.option("--cases", default=1_000_000, show_default=True)
@click.option("--url", help="an empty database to fill; default: an embedded server, gone afterwards")
@click.option("--full", is_flag=True, help="the database of --url is filled already")
def main(cases: int, url: str | None, full: bool) -> None:
    """Fill a store with generated cases and print how long its questions take."""
    if url:
        upgrade(url)
        scale(url, cases, fill=not full)
        return
    with tempfile.TemporaryDirectory() as directory:
        server = start_postgres(Path(directory), durable=True)
        try:
            upgrade(server.url)
            scale(server.url, cases)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
