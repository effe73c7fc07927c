"""The way through the screens: every screen once with its time, and how each call ended."""

from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest
from flask import Flask

from gateway.app import create_app
from gateway.funnel import Funnel
from gateway.runtime import Runtime
from store import steps
from store.db import Database, StoreUnavailable
from tests.fixtures import poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER

WATER = JOURNEYS[0]


def path(runtime: Runtime, database_url: str, handset: Handset) -> list[tuple[str, bool, str | None]]:
    """(screen, wrong, exit) of the handset's call, in order."""
    runtime.funnel.flush()
    with psycopg.connect(database_url) as store:
        found = store.execute(
            "SELECT screen, wrong, exit FROM gateway.ussd_path WHERE session = %s ORDER BY step", [handset.session]
        )
        return found.fetchall()


def test_a_call_is_a_path_of_screens_that_ends_well(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("2").press("7").press(*STRANGER, *WATER.answers, "1").ends()
    handset.send()
    found = path(runtime, database_url, handset)
    assert [screen for screen, _, _ in found] == [
        "menu main", "water.consent", "water.consent", "water.card", "water.district", "water.subdistrict",
        "water.request", "water.use", "water.plot", "water.account", "water.billing", "water review", "end done",
    ]  # fmt: skip
    assert [wrong for _, wrong, _ in found] == [False, False, True, *[False] * 10]
    assert [ended for _, _, ended in found] == [None] * 12 + ["done"]


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
    later = create_app(at(runtime.now() + timedelta(seconds=after)))
    form = {"sessionId": handset.session, "phoneNumber": handset.phone, "serviceCode": "*964#", "status": status}
    poster(later)("ussd/ended", form)
    assert path(runtime, database_url, handset)[-1] == ("water.consent", False, ended)


def test_three_wrong_answers_are_an_error(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("x", "y", "z").ends()
    assert path(runtime, database_url, handset)[-1] == ("end too_many", False, "error")


def test_the_funnel_counts_by_screen_language_network_and_version(
    runtime: Runtime, app: Flask, database_url: str
) -> None:
    for _ in range(3):
        Handset(poster(app)).dial().press("9", "2", "8")
    runtime.funnel.flush()
    with runtime.db.transaction() as tx:
        found = {(each.screen, each.language): each for each in steps.funnel(tx)}
    consent = found["water.consent", "en"]
    assert (consent.shown, consent.wrong, consent.left, consent.network) == (6, 3, 3, "41820")
    assert consent.content == runtime.content.digest


def test_a_store_that_is_away_holds_up_no_hop_and_loses_no_step(
    runtime: Runtime, handset: Handset, closed_port_url: str
) -> None:
    handset.dial()
    away = Funnel(Database(closed_port_url), runtime.now, every_s=60)
    away._waiting.extend(runtime.funnel._waiting)
    number = len(away._waiting)
    with pytest.raises(StoreUnavailable):
        away.flush()
    assert len(away._waiting) == number


def test_a_session_of_any_signs_is_written_as_it_is(runtime: Runtime, database_url: str, app: Flask) -> None:
    handset = Handset(poster(app))
    handset.session = "a\tb\\N\nc\r\\d"
    handset.send()
    assert path(runtime, database_url, handset) == [("menu main", False, None)]
