"""The store with a governorate's cases in it: how long each question takes, by which plan, and what a bulk update is.

Decides what is asked and what counts as slow. `scale(url, cases)` fills an empty migrated store and prints the figures;
`python -m bench.store_scale --cases 1000000` does it on an embedded server of its own, or on --url.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psycopg
import sqlalchemy as sa
from psycopg import sql

from bench.store_cases import import_cases, walk_cases, write_messages
from gateway.postgres import start_postgres
from gateway.settings import ROOT
from gateway.workflow_sync import rows
from handlers import desk
from menus.load import load_content
from store import applications, chain, events, inbound, measures, outbox, people, retention, workflow_tables
from store.db import Database, Transaction
from store.migrate import upgrade
from store.officers import Officer
from store.pages import page

ROUNDS = 100
SLOW_MS = 10.0
BULK = 10_000
NOW = datetime.now(UTC)

Ask = Callable[[Transaction], object]


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one question, and the tables that its plans read whole."""

    name: str
    median: float
    p95: float
    worst: float
    whole: frozenset[str]


def questions(url: str) -> Mapping[str, Ask]:
    """What the gateway asks most, by name."""
    draw, content = random.Random(7), load_content(ROOT / "config")
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT reference, phone FROM application TABLESAMPLE SYSTEM (1) LIMIT 5000"
        ).fetchall()
        found = found or connection.execute("SELECT reference, phone FROM application LIMIT 5000").fetchall()
    spans, coarse = chain.slices(digits=4), chain.slices()

    def some() -> tuple[str, str]:
        return draw.choice(found)

    def officer(directorate: str) -> Officer:
        return Officer(1, "bench", ("CLERK",), directorate, "k", "h", NOW, None)

    wide, narrow = officer("water"), officer("kumait")

    def inbox(who: Officer, state: str | None = None, after: tuple[datetime, str] | None = None) -> Ask:
        return lambda tx: page(tx, scopes=desk.scopes(content, who), state=state, after=after, limit=51)

    middle = (NOW - timedelta(days=200), "50000000")
    return {
        "status by reference": lambda tx: applications.find(tx, some()[0]),
        "cases of a phone": lambda tx: applications.of_phone(tx, some()[1]),
        "history of a case": lambda tx: events.history(tx, some()[0]),
        "messages of a case": lambda tx: outbox.of_reference(tx, some()[0]),
        "last message of a phone": lambda tx: outbox.latest(tx, some()[1], "withdraw_ask", NOW - timedelta(hours=1)),
        "profile": lambda tx: people.find(tx, some()[1]),
        "inbox, first page": inbox(wide),
        "inbox, a page in the middle": inbox(wide, after=middle),
        "inbox, one state": inbox(wide, state="UNDER_REVIEW"),
        "inbox of an office with few": inbox(narrow),
        "every case, first page": lambda tx: page(tx, limit=51),
        "relay: events to tell": lambda tx: events.unrelayed(tx, 200),
        "sweep: leases": lambda tx: outbox.expire_leases(tx, NOW),
        "sweep: texts not handled": lambda tx: inbound.unhandled(tx, NOW, 500),
        "sweep: a slice of cases": lambda tx: events.heal(tx, draw.choice(spans)),
        "sweep: a slice of messages": lambda tx: events.missing(tx, 500, within=draw.choice(spans)),
        "sweep: closed cases over age": lambda tx: retention.over(
            tx, NOW - timedelta(days=3650), 20, draw.choice(spans)
        ),
        "sweep: old texts": lambda tx: retention.delete_older(tx, "raw_input", NOW - timedelta(days=9000), 500),
        "sweep: old messages": lambda tx: retention.delete_older(tx, "messages", NOW - timedelta(days=9000), 500),
        "worker: is anything due": lambda tx: outbox.due(tx, NOW),
        "worker: next due": lambda tx: outbox.next_due(tx),
        "verify: a slice": lambda tx: chain.check(tx, *draw.choice(coarse)),
    }


def measure(url: str, asked: Mapping[str, Ask], rounds: int = ROUNDS) -> list[Figure]:
    """Each question `rounds` times, each in a transaction of its own that is rolled back."""
    db = Database(url, statement_timeout_ms=60_000)
    try:
        return [_figure(db, name, ask, rounds) for name, ask in asked.items()]
    finally:
        db.close()


def _figure(db: Database, name: str, ask: Ask, rounds: int) -> Figure:
    taken = []
    with db._engine.connect() as connection:  # a transaction that leaves nothing behind
        for _ in range(rounds + 3):
            with connection.begin() as transaction:
                started = time.perf_counter()
                ask(connection)
                taken.append((time.perf_counter() - started) * 1000)
                transaction.rollback()
        whole = read_whole(connection, ask)
    taken = sorted(taken[3:])
    return Figure(name, statistics.median(taken), taken[int(len(taken) * 0.95)], taken[-1], whole)


def read_whole(connection: sa.Connection, ask: Ask) -> frozenset[str]:
    """The large tables of which a plan of this question reads every row."""
    statements: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        statements.append((statement, parameters))

    with connection.begin() as transaction:
        sa.event.listen(connection, "before_cursor_execute", note)
        ask(connection)
        sa.event.remove(connection, "before_cursor_execute", note)
        plans = [
            str(line)
            for statement, parameters in statements
            if statement.lstrip().split(" ")[0].upper() in ("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")
            for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)  # type: ignore[arg-type]
        ]
        transaction.rollback()
    tables = ("application", "event", "message", "inbound")
    return frozenset(table for table in tables for line in plans if f"Seq Scan on {table}" in line)


_BULK = """
    UPDATE application SET state = 'UNDER_REVIEW' WHERE reference IN (
        SELECT reference FROM application
        WHERE service = 'grievance' AND state = 'SUBMITTED' ORDER BY reference LIMIT %(limit)s)"""


def bulk(url: str, rounds: int = 7) -> tuple[float, float]:
    """Seconds for one UPDATE of 10,000 rows: without any trigger of ours, and as it is. Medians, taken in turn."""
    with psycopg.connect(url, autocommit=True) as connection:
        plain: list[float] = []
        ours: list[float] = []
        for _ in range(rounds):
            for taken, before in ((plain, "ALTER TABLE application DISABLE TRIGGER USER"), (ours, "SELECT 1")):
                with connection.transaction(force_rollback=True):
                    connection.execute(before)
                    started = time.perf_counter()
                    connection.execute(_BULK, {"limit": BULK})
                    taken.append(time.perf_counter() - started)
                connection.execute("VACUUM application")
                connection.execute("VACUUM gateway.event")
    return statistics.median(plain), statistics.median(ours)


def scale(url: str, cases: int, *, fill: bool = True) -> list[Figure]:
    """Fill the store, if `fill`, and print the figures; a line with `!` is slow or reads a table whole."""
    if fill:
        _fill(url, cases)
    _sizes(url)
    figures = measure(url, questions(url))
    for each in figures:
        slow = "!" if each.median > SLOW_MS or each.whole else " "
        whole = f"  reads whole: {', '.join(sorted(each.whole))}" if each.whole else ""
        print(f"{slow} {each.name:32} {each.median:8.2f} ms  p95 {each.p95:8.2f}  worst {each.worst:8.2f}{whole}")
    plain, ours = bulk(url)
    print(
        f"  {BULK} rows in one UPDATE: plain {plain * 1000:.0f} ms, captured {ours * 1000:.0f} ms, {ours / plain:.2f}x"
    )
    started = time.perf_counter()
    db = Database(url, statement_timeout_ms=300_000)
    with db.transaction() as tx:
        measures.gather(tx)
    db.close()
    print(f"  measures gathered in {time.perf_counter() - started:.1f} s")
    return figures


def _fill(url: str, cases: int) -> None:
    db = Database(url)
    with db.transaction() as tx:
        workflow_tables.sync(tx, rows(load_content(ROOT / "config")))
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
