"""The way through the screens: every screen once, and how each call ended."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask
from psycopg import sql

from gateway.app import create_app
from gateway.funnel import Funnel
from gateway.runtime import Runtime
from gateway.switchboard import switchboard
from store import steps
from store.db import Database, StoreUnavailable
from tests.fixtures import poster
from tests.gateway.test_deadline import held_up, last_hop
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER

WATER = JOURNEYS[0]


def report(handset: Handset, status: str, **more: str) -> None:
    """The provider tells that the call is over."""
    form = {"sessionId": handset.session, "phoneNumber": handset.phone, "serviceCode": "*964#", "status": status}
    assert handset.post("ussd/ended", form | more)[0] == 200


@contextmanager
def renamed(database_url: str, table: str) -> Iterator[None]:
    """A table that our statements do not find."""
    schema, _, name = table.partition(".")
    change = "ALTER TABLE {} RENAME TO {}"
    with psycopg.connect(database_url, autocommit=True) as store:
        store.execute(sql.SQL(change).format(sql.Identifier(schema, name), sql.Identifier("elsewhere")))
        try:
            yield
        finally:
            store.execute(sql.SQL(change).format(sql.Identifier(schema, "elsewhere"), sql.Identifier(name)))


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


def test_a_review_that_breaks_is_our_error_and_nobody_s_giving_up(
    runtime: Runtime, handset: Handset, database_url: str
) -> None:
    handset.dial().press(*WATER.keys[:-1])
    with renamed(database_url, "gateway.clock"):
        handset.press("1").ends("نعتذر")
    report(handset, "Success")
    *way, last = path(runtime, database_url, handset)
    assert last == ("water review", False, "error")
    assert "water review" not in [screen for screen, _, _ in way]


def test_a_call_that_fails_at_once_is_an_error_on_a_screen_of_that_name(
    runtime: Runtime, handset: Handset, database_url: str
) -> None:
    with renamed(database_url, "gateway.draft"):
        handset.dial().ends("نعتذر")
    assert path(runtime, database_url, handset) == [("failed", False, "error")]


def test_a_repeat_that_fails_leaves_the_call_done(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press(*WATER.keys).ends("تم")
    again = handset.transcript
    runtime.redis.flushdb()
    with renamed(database_url, "gateway.idempotency"):
        handset.post = poster(create_app(runtime))  # another process, which knows nothing of the call
        handset.send().ends("نعتذر")
    assert handset.transcript == again
    assert path(runtime, database_url, handset)[-1] == ("end done", False, "done")


def test_a_hop_that_is_played_again_counts_once(runtime: Runtime, handset: Handset, database_url: str) -> None:
    handset.dial().press("2")
    runtime.redis.flushdb()
    handset.post = poster(create_app(runtime))
    handset.send().send()
    assert path(runtime, database_url, handset) == [("menu main", False, None), ("water.consent", False, "open")]
    with psycopg.connect(database_url) as store:
        lines = store.execute("SELECT FROM gateway.ussd_step WHERE session = %s", [handset.session]).fetchall()
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("before", "key", "screen"), [(("9", *WATER.keys[:-1]), "1", "end promised"), (("9",), "6", "end fault")]
)
def test_a_hop_past_its_time_is_a_deadline(
    runtime: Runtime, handset: Handset, database_url: str, before: tuple[str, ...], key: str, screen: str
) -> None:
    handset.dial().press(*before)
    with held_up(database_url):
        last_hop(switchboard(runtime), handset, key=key)
    assert path(runtime, database_url, handset)[-1] == (screen, False, "deadline")


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
    assert (consent.shown, consent.wrong, consent.open, consent.network) == (6, 3, 3, "41820")
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
    assert path(runtime, database_url, handset) == [("menu main", False, "open")]
