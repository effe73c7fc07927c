"""What the provider's report adds to the way through the screens: how a call ended, and how long it lasted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gateway.app import create_app
from gateway.runtime import Runtime
from store import steps
from tests.fixtures import poster
from tests.gateway.test_funnel import path, report
from tests.handset import Handset


@dataclass
class Clock:
    """The time in a test: it passes when it is told to."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, seconds: float) -> None:
        """So many seconds."""
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    """An hour ago."""
    return Clock(datetime.now(UTC) - timedelta(hours=1))


@pytest.fixture
def timed(runtime: Runtime, clock: Clock) -> Runtime:
    """The runtime at the time that `clock` has."""
    return replace(runtime, now=clock)


@pytest.fixture
def caller(timed: Runtime) -> Handset:
    """A phone whose calls are made at the time that `clock` has."""
    return Handset(poster(create_app(timed)))


@pytest.mark.parametrize(
    ("status", "after", "ended"), [("Incomplete", 5, "left"), ("Incomplete", 31, "timed out"), ("Failed", 2, "error")]
)
def test_how_a_dropped_call_ended_is_joined_from_the_provider(
    runtime: Runtime,
    at: Callable[[datetime], Runtime],
    handset: Handset,
    database_url: str,
    status: str,
    after: int,
    ended: str,
) -> None:
    handset.dial().press("2")
    handset.post = poster(create_app(at(runtime.now() + timedelta(seconds=after))))
    report(handset, status)
    assert path(runtime, database_url, handset)[-1] == ("water.consent", False, ended)


@pytest.mark.parametrize(
    ("millis", "exit_", "seconds"),
    [
        ("13000", "left", [10, 3]),
        ("40400", "timed out", [10, 30.4]),
        ("179000", "timed out", [10, 70]),  # the report came after 70 s: it was not longer
        ("", "timed out", [10, 70]),
        ("0", "timed out", [10, 70]),
        ("9000", "left", [10, 0]),  # hung up while the screen was on its way
    ],
)
def test_a_call_lasted_as_long_as_the_provider_says_however_late_it_says_so(
    timed: Runtime, clock: Clock, caller: Handset, database_url: str, millis: str, exit_: str, seconds: list[float]
) -> None:
    caller.dial()
    clock.passes(10)
    caller.press("2")
    clock.passes(70)
    report(caller, "Incomplete", durationInMillis=millis, hopsCount="2")
    assert path(timed, database_url, caller)[-1] == ("water.consent", False, exit_)
    with psycopg.connect(database_url) as store:
        found = store.execute(
            "SELECT seconds FROM gateway.ussd_path WHERE session = %s ORDER BY step", [caller.session]
        )
        assert [float(each) for (each,) in found] == seconds


def test_a_call_at_the_end_of_its_time_did_not_leave(
    timed: Runtime, clock: Clock, caller: Handset, database_url: str
) -> None:
    caller.dial()
    clock.passes(175)
    caller.press("2")
    clock.passes(5)
    report(caller, "Incomplete", durationInMillis="180000")
    assert path(timed, database_url, caller)[-1] == ("water.consent", False, "timed out")


def test_the_provider_s_account_stands_beside_every_step(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("2")
    report(handset, "Incomplete", durationInMillis="31042", hopsCount="2")
    runtime.funnel.flush()
    with psycopg.connect(database_url) as store:
        columns = "SELECT provider_status, duration_ms, provider_hops FROM gateway.ussd_path WHERE session = %s"
        found = store.execute(columns, [handset.session]).fetchall()
    assert found == [("Incomplete", 31042, 2)] * 2


@pytest.mark.parametrize(("ago", "exit_"), [(0, "open"), (170, "open"), (190, "unknown")])
def test_a_call_without_a_report_is_open_and_then_unknown(
    timed: Runtime, clock: Clock, caller: Handset, database_url: str, ago: int, exit_: str
) -> None:
    clock.moment = datetime.now(UTC) - timedelta(seconds=ago)
    caller.dial()
    assert path(timed, database_url, caller) == [("menu main", False, exit_)]


def test_an_end_of_which_no_line_is_left_is_unknown(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial()
    report(handset, "Success")
    assert path(runtime, database_url, handset) == [("menu main", False, "unknown")]


def test_the_time_on_a_screen_is_the_median_of_its_calls(timed: Runtime, clock: Clock) -> None:
    for seconds in (4, 5, 90):
        each = Handset(poster(create_app(timed)), network="of this test")
        each.dial()
        clock.passes(seconds)
        each.press("2")
    timed.funnel.flush()
    with timed.db.transaction() as tx:
        found = {each.screen: each.median_seconds for each in steps.funnel(tx) if each.network == "of this test"}
    assert (found["menu main"], found["water.consent"]) == (5, None)
