"""Batches of submissions that want the same things in another order wait for each other, and never in a ring."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from gateway.runtime import Runtime
from tests.handlers.test_apply import phone, sent, submit_all

IN_THE_MIDDLE = 4
HOLDS = {
    "profile": ("water", "SELECT FROM gateway.person WHERE phone = %(phone)s FOR UPDATE"),
    "turn": ("inputs", "SELECT pg_advisory_xact_lock(4970, hashtext(%(phone)s || ' inputs'))"),
    "key": (
        "water",
        "INSERT INTO application (service, phone, submission) VALUES ('water', '+9647709999999', %(key)s)",
    ),
}
"""By what a submission may have to wait for: the service, and a statement that keeps it waiting."""


@pytest.mark.parametrize("hold", HOLDS)
def test_two_batches_in_another_order_do_not_lock_each_other_out(
    runtime: Runtime, database_url: str, hold: str
) -> None:
    service, statement = HOLDS[hold]
    numbers = range(2 * IN_THE_MIDDLE)
    submit_all(runtime, [sent(number, "permit", f"before{number}") for number in numbers])

    def batch(name: str, order: list[int]) -> list[dict[str, Any]]:
        own = "" if hold == "key" else name
        return submit_all(runtime, [sent(number, service, f"again{number}{own}") for number in order])

    with ThreadPoolExecutor(2) as pool, psycopg.connect(database_url) as holder:
        holder.execute(statement.encode(), {"phone": phone(IN_THE_MIDDLE), "key": f"ussd:again{IN_THE_MIDDLE}"})
        both = pool.submit(batch, "a", list(numbers)), pool.submit(batch, "b", list(numbers)[::-1])
        while waiting(database_url) < 2:
            time.sleep(0.01)
        holder.rollback()
        one, other = (each.result(30) for each in both)
    references = {result["reference"] for result in one + other}
    assert len(references) == (len(numbers) if hold != "profile" else 2 * len(numbers))


def waiting(url: str) -> int:
    """How many of this database's connections wait for a lock."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()
    return row[0] if row else 0
