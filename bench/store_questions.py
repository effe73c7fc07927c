"""What the gateway asks of the store all day, and how long the store takes for it, by which plan.

Decides which questions count. Each is asked in a transaction that is rolled back, so a store can be asked again.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa

from gateway.settings import ROOT
from handlers import desk
from menus.load import load_content
from store import applications, chain, events, gauges, inbound, measures, outbox, people, retention, subjects
from store.db import Database, Transaction
from store.officers import Officer
from store.pages import page

ROUNDS = 100
NOW = datetime.now(UTC)

Ask = Callable[[Transaction], object]


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one question as its caller waits, processor time of the server, tables that are read whole."""

    name: str
    p50: float
    p99: float
    server: float
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
        "export of a phone": lambda tx: subjects.held(tx, some()[1]),
        "measures": lambda tx: measures.read(tx, (NOW - timedelta(days=365)).date()),
        "/metrics": lambda tx: list(gauges.figures(tx, NOW)),
    }


def ask_all(url: str, asked: Mapping[str, Ask], rounds: int = ROUNDS) -> list[Figure]:
    """Each question `rounds` times."""
    db = Database(url, statement_timeout_ms=60_000)
    try:
        return [_figure(db, name, ask, rounds) for name, ask in asked.items()]
    finally:
        db.close()


def _figure(db: Database, name: str, ask: Ask, rounds: int) -> Figure:
    waited, worked = [], []
    with db._engine.connect() as connection:
        server = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        connection.rollback()
        for _ in range(rounds + 3):
            with connection.begin() as transaction:
                began, started = processor_ms(server), time.perf_counter()
                ask(connection)
                waited.append((time.perf_counter() - started) * 1000)
                worked.append(processor_ms(server) - began)
                transaction.rollback()
        whole = read_whole(connection, ask)
    waited, worked = sorted(waited[3:]), sorted(worked[3:])
    return Figure(name, statistics.median(waited), waited[int(len(waited) * 0.99)], statistics.median(worked), whole)


def processor_ms(server: int) -> float:
    """What this backend has used of a processor so far; NaN where it runs on another machine, or not on Linux."""
    try:
        return int(Path(f"/proc/{server}/schedstat").read_text().split()[0]) / 1e6
    except (OSError, ValueError):
        return float("nan")


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
    return frozenset(table for table in tables for line in plans if f"Seq Scan on {table} " in f"{line} ")
