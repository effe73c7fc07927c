"""Random lives of cases: officers, citizens, clocks and other systems' SQL in any order.

Whatever happens, the history is whole and verifies, no clock goes backwards, every event has one message, and no case
is in a state that nobody and nothing leads out of.
"""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gateway import workflow_sync
from gateway.clockwork import keep_time
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from handlers import cases as own_cases
from handlers import counter, desk, moves, winding
from handlers.context import Refused
from menus.workflow import CITIZEN, SYSTEM
from store import applications, chain, clocks
from store.officers import Officer
from tests.gateway.cases import Cases, given_for
from tests.gateway.test_rivals import assert_whole, relay_all
from tests.servers import clean

PHONES = ("+9647701111111", "+9647702222222")
SERVICES = ("water", "permit", "inputs", "produce", "school", "grievance")
EXAMPLES, STEPS = 12, 25


class Lives(RuleBasedStateMachine):
    """Missan for a while. The clock of the gateway runs ahead of the database's, as far as the rules take it."""

    known: Bundle[str] = Bundle("known")

    def __init__(self, runtime: Runtime, cases: Cases, url: str) -> None:
        super().__init__()
        clean(url)
        workflow_sync.sync(runtime)
        self.base, self.cases = runtime, cases
        self.now, self.count = datetime.now(UTC), 0
        self.since: dict[str, datetime] = {}

    @property
    def runtime(self) -> Runtime:
        return replace(self.base, now=lambda: self.now)

    @rule(target=known, service=st.sampled_from(SERVICES), phone=st.sampled_from(PHONES))
    def another_system_inserts(self, service: str, phone: str) -> str:
        return self.cases.put(service, self.base.content.services[service].workflow.start, phone)

    @rule(target=known, phone=st.sampled_from(PHONES))
    def a_clerk_submits(self, phone: str) -> str:
        answers = {"request": "new", "use": "home", "plot": "1", "account": "none", "billing": "meter"}
        with self.base.db.transaction() as tx:
            slip = counter.Slip("water", phone, "10", "ar", answers)
            made = counter.submit(self.runtime.context(tx), officer("water", ["CLERK"]), slip)
        assert not isinstance(made, Refused)
        return made.reference

    @rule(reference=known, seed=st.integers(0, 10**6))
    def an_officer_acts(self, reference: str, seed: int) -> None:
        dice = random.Random(seed)
        with self.base.db.transaction() as tx:
            context = self.runtime.context(tx)
            case = applications.find(tx, reference)
            assert case is not None
            service = context.content.services[case.service]
            before = moves.came_from(context, case)
            ways = service.workflow.moves_from(case.state, case.answers, before)
            able = [m for m in ways if set(m.by) - {CITIZEN, SYSTEM}]
            if able:
                move = dice.choice(able)
                who = officer(dice.choice(move.gather.of) if move.gather else case.directorate, sorted(set(move.by)))
                other = dice.choice(sorted(self.since) or [reference])
                params = given_for(context.content, service, move, self.now, other)
                done = desk.act(context, who, reference, move.action, params, case.version)
                assert not isinstance(done, Refused) or done.code in (
                    "limit_reached", "too_late", "own_case", "invalid_params", "not_found"
                ), done  # fmt: skip

    @rule(reference=known, seed=st.integers(0, 10**6))
    def its_citizen_acts(self, reference: str, seed: int) -> None:
        dice = random.Random(seed)
        with self.base.db.transaction() as tx:
            context = self.runtime.context(tx)
            case = applications.find(tx, reference)
            assert case is not None
            able = context.content.services[case.service].workflow.by_citizen(case.state, case.answers)
            if able:
                self.count += 1
                args = {"reference": reference, "version": None, "action": dice.choice(able).action, "language": "ar"}
                said = {"params": {"rating": "4", "note": "more", "value": "1"}}
                own_cases.act(context, case.phone, f"life:{id(self)}:{self.count}", args | said)

    @rule(reference=known, seed=st.integers(0, 10**6))
    def another_system_updates(self, reference: str, seed: int) -> None:
        dice = random.Random(seed)
        states = sorted(self.base.content.services[self.cases.one("service", reference)].workflow.states)
        with suppress(psycopg.errors.CheckViolation):
            self.cases.set_state(reference, dice.choice(states))

    @rule(days=st.sampled_from([0.1, 1, 3, 8, 30, 200]))
    def time_passes(self, days: float) -> None:
        self.now += timedelta(days=days)
        setbacks = Setbacks()
        keep_time(self.runtime, setbacks)
        assert len(setbacks) == 0
        assert keep_time(self.runtime, Setbacks(), deep=False)["escalate"] == 0  # whatever was due has been done

    @rule()
    def the_relay_runs(self) -> None:
        relay_all(self.runtime)

    @invariant()
    def clocks_do_not_go_backwards(self) -> None:
        for reference, since in self.cases.connection.execute("SELECT reference, since FROM gateway.clock").fetchall():
            assert since >= self.since.get(reference, since)
            self.since[reference] = since

    def teardown(self) -> None:
        relay_all(self.runtime)
        assert_whole(self.cases)
        with self.base.db.transaction() as tx:
            for reference in [row[0] for row in self.cases.connection.execute("SELECT reference FROM application")]:
                case = applications.find(tx, reference)
                assert case is not None
                ways = self.base.content.services[case.service].workflow.moves_from(case.state, case.answers)
                found = winding.read(tx, self.base.content, case)
                closed = self.base.content.states[case.state].closed
                assert closed == (found is None)
                assert closed or any(ways)
                assert closed or clocks.find(tx, reference) is not None
            assert chain.check(tx, "", "a")[1] is None


def officer(directorate: str, roles: list[str]) -> Officer:
    return Officer(
        1, f"{'+'.join(roles)} of {directorate}", tuple(roles), directorate, "k", "h", datetime.now(UTC), None
    )


@pytest.mark.timeout(180)
def test_random_lives_leave_a_whole_history(runtime: Runtime, cases: Cases, database_url: str) -> None:
    run_state_machine_as_test(
        lambda: Lives(runtime, cases, database_url),  # type: ignore[arg-type]
        settings=settings(
            derandomize=True,  # the same walks each time: a run of CI says what this change did
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # references are random: a smaller life would be another one
            suppress_health_check=list(HealthCheck),
        ),
    )
