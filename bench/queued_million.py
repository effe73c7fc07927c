"""A long queue: claim time, the wait of a new answer, what /metrics costs and a worker's memory, at ten thousand and
at a million queued, with as many attempts behind them, of which a tenth are of the last minutes.

Decides what is measured and prints it. `python -m bench.queued_million [messages]`; bounded by the number of batches.
"""

import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bench.sending import carriers, peer
from gateway.jobs import LEASE_S, drain_once
from gateway.stopping import Stop
from store import gauges, outbox
from store.db import Database
from store.migrate import upgrade
from store.outbox import NewMessage
from tests.servers import throw_away

CLAIMS = 40
_FILL = sa.text("""
    INSERT INTO gateway.message (reference, phone, language, kind, text, parts, priority, next_attempt_at, created_at)
    SELECT CASE WHEN n % 4 = 0 THEN to_char(n / 4, 'FM00000000') END, '+9647' || to_char(n, 'FM000000000'), 'ar', 'ack',
           'طلبك ' || n, 1, CASE WHEN n % 10 = 0 THEN 1 ELSE 2 END,
           CAST(:now AS timestamptz) + CASE WHEN n % 5 = 0 THEN interval '8 hours' ELSE interval '0' END, :now
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n""")


_TRIED = sa.text("""
    INSERT INTO gateway.attempt (message_id, provider, at, outcome, provider_id, code, parts, cost, latency_ms)
    SELECT n, 'africastalking', CAST(:now AS timestamptz) - (CAST(:until AS int) - n) * interval '6 milliseconds',
           'sent', 'x' || n, 'Sent', 1, 'IQD 24.0000', 20 + n % 400
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n""")


def fill(db: Database, first: int, last: int) -> None:
    """Queue messages for phones of their own: most due, a fifth held for the morning, a quarter about cases."""
    for start in range(first, last, 20_000):
        with db.transaction() as tx:
            end = min(start + 19_999, last - 1)
            tx.execute(_FILL, {"first": start, "last": end, "now": datetime.now(UTC)})
    with db.transaction() as tx:
        tx.execute(sa.text("SET LOCAL statement_timeout = '120s'"))
        tx.execute(sa.text("ANALYZE gateway.message"))


def tried(db: Database, first: int, last: int) -> None:
    """Attempts that came at 167 a second until now."""
    now = datetime.now(UTC)
    for start in range(first, last, 20_000):
        with db.transaction() as tx:
            tx.execute(_TRIED, {"first": start, "last": min(start + 19_999, last - 1), "until": last, "now": now})
    with db.transaction() as tx:
        tx.execute(sa.text("SET LOCAL statement_timeout = '120s'"))
        tx.execute(sa.text("SELECT brin_summarize_new_values('gateway.attempt_by_time')"))
        tx.execute(sa.text("ANALYZE gateway.attempt"))


def metrics_ms(db: Database) -> float:
    """Milliseconds of everything that /metrics asks of the store, the median of five."""
    took = []
    for _ in range(5):
        started = time.perf_counter()
        with db.transaction() as tx:
            list(gauges.figures(tx, datetime.now(UTC)))
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def claims_ms(db: Database) -> list[float]:
    """Milliseconds of claims of 100 that are given back at once."""
    took = []
    for _ in range(CLAIMS):
        started = time.perf_counter()
        with db.transaction() as tx:
            claimed = outbox.claim(tx, 100, datetime.now(UTC), LEASE_S)
        took.append((time.perf_counter() - started) * 1000)
        with db.transaction() as tx:
            outbox.release(tx, [message.id for message in claimed])
    return took


def answer_waits_s(db: Database, url: str, number: int) -> tuple[float, float]:
    """(median, most) seconds from an answer's commit to its settlement, while the queue is being drained."""
    waits, carrying = [], carriers(url)
    with ThreadPoolExecutor(carrying.in_flight) as pool:
        for turn in range(6):
            new = NewMessage(f"+9648{number + turn:09d}", "ar", "ack", "نعم", 1, 0)
            started = time.perf_counter()
            with db.transaction() as tx:
                message_id = outbox.insert(tx, new, datetime.now(UTC))
            while not _sent(db, message_id):
                drain_once(db, carrying, lambda: datetime.now(UTC), Stop(), pool, size=400)
            waits.append(time.perf_counter() - started)
    return statistics.median(waits), max(waits)


def _sent(db: Database, message_id: int | None) -> bool:
    with db.transaction() as tx:
        state = sa.text("SELECT state = 'sent' FROM gateway.message WHERE id = :id")
        return bool(tx.execute(state, {"id": message_id}).scalar())


def run(most: int = 1_000_000) -> None:
    """Print the figures at each length of the queue, and how much the longest differs from the shortest."""
    medians = []
    with throw_away(upgrade) as servers, peer() as url:
        db = Database(servers.create("million", template="template"))
        filled = 0
        print("queued      claim of 100: median, p95    due?    an answer waits: median, most    /metrics    memory")
        for length in (10_000, 100_000, most):
            fill(db, filled, length)
            tried(db, filled, length)
            filled = length
            took = sorted(claims_ms(db))
            started = time.perf_counter()
            with db.transaction() as tx:
                outbox.due(tx, datetime.now(UTC) - timedelta(days=1))
            due_ms = (time.perf_counter() - started) * 1000
            median, longest = answer_waits_s(db, url, length)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            medians.append(statistics.median(took))
            print(
                f"{length:9,}   {statistics.median(took):8.1f} ms {took[int(CLAIMS * 0.95)]:8.1f} ms "
                f"{due_ms:8.1f} ms    {median:8.2f} s {longest:8.2f} s    "
                f"{metrics_ms(db):6.0f} ms   {memory:6.0f} MB",
                flush=True,
            )
        print(f"claim at {most:,} x claim at 10,000: {medians[-1] / medians[0]:.2f}")
        db.close()


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
