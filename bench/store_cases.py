"""A governorate's worth of cases, generated: applications as five services get them, their moves, their messages.

Decides: how many of what. Everything goes through the shared table's own triggers, as a portal's import would, except
the messages, which are written as the relay would have left them.
"""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import psycopg
from stdnum import damm

CHUNK = 20_000
FIRST_DAY = datetime(2025, 1, 1, 8, tzinfo=UTC)
SERVICES = ("water", "permit", "inputs", "school", "grievance")
SHARES = (30, 10, 25, 20, 15)
PLACES = ("10", "20", "30", "40", "50", "60")
PATHS = {
    "water": ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE", "APPROVED", "COMPLETED"),
    "permit": ("DOCS_REQUIRED", "UNDER_REVIEW", "REJECTED"),
    "inputs": ("UNDER_REVIEW", "REJECTED"),
    "school": ("UNDER_REVIEW", "REJECTED"),
    "grievance": ("UNDER_REVIEW", "RESOLVED"),
}
"""Moves that each service has from SUBMITTED on; at each step a tenth of the cases stay behind."""
_COLUMNS = "reference, service, phone, place, language, answers, channel, submission, created_at"


def references(count: int, seed: int) -> Iterator[str]:
    """Different references in no order, each with its Damm digit."""
    drawn = random.Random(seed).sample(range(2_000_000, 10_000_000), count)
    return (f"{number}{damm.calc_check_digit(str(number))}" for number in drawn)


def import_cases(url: str, count: int, seed: int = 1) -> None:
    """COPY `count` applications into the shared table, a chunk at a time, each under a day of its own, oldest first."""
    draw, names = random.Random(seed), references(count, seed)
    with psycopg.connect(url, autocommit=True) as connection, _bar(count, "applications") as bar:
        for start in range(0, count, CHUNK):
            size = min(CHUNK, count - start)
            with connection.cursor() as cursor, cursor.copy(f"COPY application ({_COLUMNS}) FROM STDIN") as copy:
                for number in range(start, start + size):
                    copy.write_row(_row(draw, next(names), number, count))
            bar.update(size)


def walk_cases(url: str) -> None:
    """Move most cases along their workflow, one statement for all cases of a chunk: their events come from triggers."""
    steps = [(service, step) for service in SERVICES for step in range(len(PATHS[service]))]
    with psycopg.connect(url, autocommit=True) as connection, _bar(len(steps) * 80, "moves") as bar:
        for service, step in steps:
            path = ("SUBMITTED", *PATHS[service])
            for slice_ in range(80):
                low = f"{20 + slice_}000000"
                high = f"{21 + slice_}000000" if slice_ < 79 else "a"
                connection.execute(
                    "UPDATE application SET state = %s WHERE service = %s AND state = %s "
                    "AND reference >= %s AND reference < %s AND substr(reference, 7, 1) > %s",
                    [path[step + 1], service, path[step], low, high, str(step)],
                )
                bar.update(1)


def write_messages(url: str) -> None:
    """One delivered SMS an event, and all events told; every tenth citizen has asked something by SMS."""
    with psycopg.connect(url, autocommit=True) as connection:
        [(last,)] = connection.execute("SELECT coalesce(max(id), 0) FROM gateway.event").fetchall()
        with _bar(last, "messages") as bar:
            for start in range(0, last, CHUNK * 5):
                connection.execute(_MESSAGES, {"start": start, "end": start + CHUNK * 5})
                connection.execute(
                    "UPDATE gateway.event SET relayed_at = at WHERE id > %s AND id <= %s AND relayed_at IS NULL",
                    [start, start + CHUNK * 5],
                )
                bar.update(min(CHUNK * 5, last - start))
        connection.execute(_TEXTS)
        for table in ("application", "gateway.event", "gateway.message", "gateway.inbound"):
            connection.execute(f"VACUUM ANALYZE {table}")


_MESSAGES = """
    INSERT INTO gateway.message (event_id, reference, phone, language, kind, text, parts, priority, state,
                                 next_attempt_at, provider, provider_id, created_at, sent_at, closed_at)
    SELECT e.id, e.reference, a.phone, a.language, 'ack', 'استلمنا طلبك', 1, 1, 'delivered', e.at, 'bench',
           'b' || e.id, e.at, e.at, e.at
    FROM gateway.event e JOIN public.application a USING (reference) WHERE e.id > %(start)s AND e.id <= %(end)s"""


_TEXTS = """
    INSERT INTO gateway.inbound (provider, provider_id, phone, sent_to, text, received_at, handled_at, intent)
    SELECT 'bench', reference, phone, '5599', reference, created_at, created_at, 'status'
    FROM public.application WHERE reference LIKE '%7'"""


def _row(draw: random.Random, reference: str, number: int, count: int) -> tuple[object, ...]:
    [service] = draw.choices(SERVICES, SHARES)
    phone = f"+96477{draw.randrange(10_000_000, 10_000_000 + count * 2 // 3):08d}"
    created = FIRST_DAY + timedelta(days=600 * number / count)
    answers = '{"request": "new", "use": "home", "plot": "1234"}'
    return (reference, service, phone, draw.choice(PLACES), "ar", answers, "import", f"bench:{number}", created)


def _bar(length: int, label: str) -> Any:
    return click.progressbar(
        length=length, label=f"{label:>13}", file=sys.stderr, update_min_steps=max(1, length // 500)
    )
