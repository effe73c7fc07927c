"""Several at one case at once: one wins, the others are told, nobody waits for ever, and the history stays whole."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from gateway.clockwork import keep_time
from gateway.relay import announcing, relay_once
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from handlers import cases as own_cases
from handlers import desk
from handlers.context import Refused
from store.db import Database
from store.officers import Officer
from tests.gateway.cases import Cases, workday
from tests.gateway.office import PHONE, Office

At = Callable[[datetime], Runtime]
ROUNDS = 6
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
REFUSED = {"changed", "not_possible"}


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each piece of work returns when all begin together."""
    gate = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        gate.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(30) for future in [pool.submit(begin, work) for work in works]]


def citizen(runtime: Runtime, reference: str, action: str, version: int | None, key: str) -> str | None:
    """What the citizen is refused with, or None when the move is made."""
    args: dict[str, Any] = {
        "reference": reference,
        "version": version,
        "action": action,
        "params": {},
        "language": "ar",
    }
    with runtime.db.transaction() as tx:
        return own_cases.act(runtime.context(tx), PHONE, key, args).get("refused")


def test_of_two_officers_one_wins_and_the_other_is_told(office: Office, cases: Cases) -> None:
    desks = [office.hire(name, "CLERK") for name in ("Ali", "Zahra")]
    for _ in range(ROUNDS):
        reference = cases.put("water", "SUBMITTED", request="new")
        answers = at_once(*(partial(each.act, reference, "accept", 1) for each in desks))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert cases.actions(reference) == ["submit", "accept"]


def test_an_officer_against_the_citizens_withdrawal(office: Office, cases: Cases) -> None:
    clerk = office.hire("Ali", "CLERK")
    for number in range(ROUNDS):
        reference = cases.put("water", "SUBMITTED", PHONE, request="new")
        answer, refused = at_once(
            lambda: clerk.act(reference, "accept", 1),  # noqa: B023 - done before the next round
            lambda: citizen(office.runtime, reference, "withdraw", 1, f"k{number}"),  # noqa: B023
        )
        assert (answer.status_code == 200) == (refused in REFUSED)
        assert len(cases.actions(reference)) == 2


@pytest.mark.parametrize("level", LEVELS)
def test_an_officer_against_another_systems_transaction(
    office: Office, cases: Cases, database_url: str, level: str
) -> None:
    clerk = office.hire("Ali", "CLERK")
    for _ in range(ROUNDS):
        reference = cases.put("water", "SUBMITTED", request="new")

        def portal(reference: str = reference) -> bool:
            statement = "UPDATE application SET state = 'WITHDRAWN' WHERE reference = %s AND version = 1"
            try:
                with psycopg.connect(database_url) as portal:
                    portal.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                    return portal.execute(statement, [reference]).rowcount == 1
            except psycopg.errors.SerializationFailure:
                return False

        won, answer = at_once(portal, lambda: clerk.act(reference, "accept", 1))  # noqa: B023
        assert won == (answer.status_code != 200)
        assert len(cases.actions(reference)) == 2


def test_the_sweep_against_an_answer(at: At, office: Office, cases: Cases) -> None:
    for number in range(ROUNDS):
        reference = cases.put("water", "VISIT_OFFERED", PHONE, request="new")
        keep_time(office.runtime, Setbacks())
        late = at(datetime.now(UTC) + timedelta(days=400))
        refused, _ = at_once(
            lambda: citizen(late, reference, "withdraw", None, f"k{number}"),  # noqa: B023
            lambda: keep_time(late, Setbacks(), deep=False),  # noqa: B023
        )
        made = cases.actions(reference)
        assert cases.one("state", reference) in ("WITHDRAWN", "VISIT_SET")
        assert (made[-1] == "withdraw") == (refused is None)
        assert made.count("timeout") <= 1


STEPS = (
    "accept", "docs_seen", "ask", "answer", "offer_visit", "change", "accept_visit", "feasible", "paid", "connected",
    "withdraw", "reject", "appeal", "overturn", "reopen", "transfer", "add_note",
)  # fmt: skip
GIVEN: dict[str, dict[str, Any]] = {
    "ask": {"question": "plot"}, "answer": {"question": "plot"}, "feasible": {"fee": 5}, "paid": {"receipt": "R"},
    "offer_visit": {"visit_on": workday(), "hour": 9}, "reject": {"reason": "arrears"},
    "transfer": {"directorate": "sewerage"}, "add_note": {"note": "more"},
}  # fmt: skip
ROLES = ("CLERK", "VERIFIER", "INSPECTOR", "CASHIER", "CREW", "APPROVER", "DIRECTOR")
WRITERS, EACH, SECONDS = 240, 4, 12


def test_hundreds_of_writers_never_lock_each_other_out(runtime: Runtime, cases: Cases, database_url: str) -> None:
    references = [cases.put("water", "SUBMITTED", PHONE, request="new") for _ in range(30)]
    wide = replace(runtime, db=Database(database_url, pool_size=30))
    officer = Officer(1, "Everyone", ROLES, "water", "k", "h", datetime.now(UTC), None)
    ends = time.monotonic() + SECONDS
    states = list(runtime.content.services["water"].workflow.states)

    def officers(dice: random.Random) -> None:
        action = dice.choice(STEPS)
        with wide.db.transaction() as tx:
            done = desk.act(wide.context(tx), officer, dice.choice(references), action, GIVEN.get(action, {}), None)
        assert not isinstance(done, Refused) or done.code in (
            "illegal_move", "stale", "limit_reached", "own_case", "forbidden", "not_found", "invalid_params"
        )  # fmt: skip

    def citizens(dice: random.Random) -> None:
        action = dice.choice(("withdraw", "appeal", "reopen", "change", "accept_visit"))
        citizen(wide, dice.choice(references), action, None, f"c{dice.random()}")

    def portals(dice: random.Random) -> None:
        some = dice.sample(references, dice.choice((1, 1, 5)))
        with psycopg.connect(database_url, autocommit=True) as portal:
            try:
                portal.execute(
                    "WITH chosen AS (SELECT reference FROM application WHERE reference = ANY(%s) ORDER BY 1 FOR UPDATE)"
                    " UPDATE application a SET state = %s FROM chosen c WHERE a.reference = c.reference",
                    [some, dice.choice(states)],
                )
            except psycopg.errors.CheckViolation:
                pass

    def relays(dice: random.Random) -> None:
        relay_all(wide)

    def sweeps(dice: random.Random) -> None:
        then = datetime.now(UTC) + timedelta(days=dice.randrange(40))
        keep_time(replace(wide, now=lambda: then), Setbacks(), deep=dice.random() < 0.2)

    def write(number: int) -> None:
        dice = random.Random(number)
        for _ in range(EACH):
            if time.monotonic() > ends:
                return
            dice.choice((officers, officers, citizens, portals, relays, sweeps))(dice)

    deadlocks = count_deadlocks(cases)
    with ThreadPoolExecutor(40) as pool:  # so many at a time: the server takes a hundred connections in all
        for future in [pool.submit(write, number) for number in range(WRITERS)]:
            future.result(60)
    relay_all(wide)
    wide.db.close()
    assert count_deadlocks(cases) == deadlocks
    assert_whole(cases)


def relay_all(runtime: Runtime) -> None:
    """Announce until nothing is left."""

    while relay_once(runtime.db, announcing(runtime), runtime.now(), Setbacks()):
        pass


def count_deadlocks(cases: Cases) -> int:
    """Deadlocks that the server has ended in this database so far."""
    cases.connection.execute("SELECT pg_stat_clear_snapshot()")
    row = cases.connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int((row.fetchone() or (0,))[0])


def assert_whole(cases: Cases) -> None:
    """Each case's events follow each other, lead to its state, and have one message each."""
    broken = cases.connection.execute("""
        WITH told AS (
            SELECT e.*, lag(to_state) OVER one AS left_state, lag(version) OVER one AS older,
                   lead(id) OVER one IS NULL AS last
            FROM gateway.event e WINDOW one AS (PARTITION BY reference ORDER BY id))
        SELECT t.id FROM told t JOIN application a USING (reference)
        WHERE t.from_state IS DISTINCT FROM t.left_state OR t.version <= t.older OR (t.last AND t.to_state <> a.state)
            OR (SELECT count(*) FROM gateway.message m WHERE m.event_id = t.id) <> 1""").fetchall()
    assert broken == []
