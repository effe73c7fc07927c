"""Other systems that update many cases at once, in any order and without a thought of each other, beside the gateway.

They may lock each other out, and must then repeat (docs/store.md). What the gateway does is repeated by itself: nobody
is refused for it, nothing is lost or doubled, and the history stays whole.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime

import psycopg

from gateway.clockwork import keep_time
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from handlers import desk
from handlers.context import Refused
from store import chain
from store.db import Database, StoreUnavailable, Transaction
from store.events import EVERY
from store.officers import Officer
from tests.gateway.cases import Cases
from tests.gateway.office import PHONE
from tests.gateway.test_rivals import assert_whole, count_deadlocks, relay_all

WRITERS, AT_ONCE, SECONDS = 300, 24, 12
MOVES: tuple[tuple[str, dict[str, str]], ...] = (
    ("accept", {}),
    ("docs_seen", {}),
    ("ask", {"question": "plot"}),
    ("reject", {"reason": "arrears"}),
)
ROLES = ("CLERK", "VERIFIER", "APPROVER", "DIRECTOR")


def test_hundreds_of_rough_writers_cost_no_change_of_the_gateway(
    runtime: Runtime, cases: Cases, database_url: str
) -> None:
    references = [cases.put("water", "SUBMITTED", PHONE, request="new") for _ in range(36)]
    wide = replace(runtime, db=Database(database_url, pool_size=AT_ONCE, statement_timeout_ms=30_000))
    officer = Officer(1, "Everyone", ROLES, "water", "k", "h", datetime.now(UTC), None)
    ends, deadlocks = time.monotonic() + SECONDS, count_deadlocks(cases)
    repeated = [0]

    def rough(dice: random.Random) -> None:
        some = dice.sample(references, 4)
        with psycopg.connect(database_url, autocommit=True) as portal:
            while True:  # a row at a time in an order of its own: what a programmer writes who thinks of nobody
                try:
                    with portal.transaction():
                        for reference in some:
                            portal.execute(
                                "UPDATE application SET details = details || %s WHERE reference = %s",
                                ['{"note": "x"}', reference],
                            )
                    return
                except psycopg.errors.DeadlockDetected:
                    repeated[0] += 1
                    time.sleep(dice.random() / 5)

    def officers(dice: random.Random) -> None:
        action, params = dice.choice(MOVES)
        reference = dice.choice(references)

        def act(tx: Transaction) -> object:
            return desk.act(wide.context(tx), officer, reference, action, params, None)

        done = wide.db.repeated(act)
        assert not isinstance(done, Refused) or done.code in ("illegal_move", "stale", "limit_reached", "too_late"), (
            done
        )

    def background(dice: random.Random) -> None:
        with suppress(StoreUnavailable):  # as the loops of the relay and the sweep do: the next pass goes on
            relay_all(wide) if dice.random() < 0.5 else keep_time(wide, Setbacks(), deep=dice.random() < 0.3)

    def write(number: int) -> None:
        dice = random.Random(number)
        if time.monotonic() < ends:
            dice.choice((rough, officers, officers, background, background))(dice)

    with closing(wide.db):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for future in [pool.submit(write, number) for number in range(WRITERS)]:
                future.result(60)
        relay_all(wide)
    assert count_deadlocks(cases) >= deadlocks + repeated[0]
    assert_whole(cases)
    with runtime.db.transaction() as tx:
        assert chain.check(tx, *EVERY)[1] is None
