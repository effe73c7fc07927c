"""Calls that come at the same time open together: each with its own person, form or question, and in its own place."""

from datetime import timedelta
from typing import Any

import psycopg

from gateway import loop
from gateway.runtime import Runtime
from handlers import drafts
from handlers.drafts import Call
from menus.state import State
from store import drafts as kept
from store import people
from store.drafts import Draft
from tests.handlers.test_apply import phone, sent, submit_all

STRANGER, KNOWN, LEFT, ASKED, GONE = (phone(number) for number in range(5))


def furnished(runtime: Runtime, database_url: str) -> None:
    """A phone with a profile, one with a form left, one of which the office wants an answer, one that called again."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        people.save_profile(tx, KNOWN, language="en", consent=True, place="10", card="none", now=now)
        for session, number in (("before", LEFT), ("s-gone", GONE)):
            draft = Draft(session, session, number, "water", "en", {"request": "new"})
            kept.save(tx, draft, "ussd", now - timedelta(minutes=5))
        kept.discard(tx, GONE, "s-gone", now)
    (made,) = submit_all(runtime, [sent(3, "water")])
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE application SET state = 'INFO_REQUIRED' WHERE reference = %s", [made["reference"]])


def opened(runtime: Runtime, calls: list[Call]) -> list[State]:
    return loop.run(runtime.db.on_loop(lambda tx: drafts.openings(runtime.context(tx), calls, "ar")))


def calls(again: str = "", **how: Any) -> list[Call]:
    given: dict[str, Any] = {"bare": True} | how
    return [
        Call(GONE, "s-gone", **given),
        Call(ASKED, f"s3{again}", **given),
        Call(STRANGER, f"s0{again}", **given),
        Call(LEFT, f"s2{again}", **given),
        Call(KNOWN, f"s1{again}", **given),
        Call(STRANGER, f"s00{again}", **given),
    ]


def test_each_call_opens_with_what_is_its_own(runtime: Runtime, database_url: str) -> None:
    furnished(runtime, database_url)
    states = opened(runtime, calls())
    assert [state.at for state in states] == ["end", "case", "menu", "resume", "menu", "menu"]
    assert [state.language for state in states] == ["ar", "en", "ar", "ar", "en", "ar"]
    assert ["known_consent" in state.known for state in states] == [False, True, False, False, True, False]


def test_together_they_open_as_one_by_one_and_again_as_the_first_time(runtime: Runtime, database_url: str) -> None:
    furnished(runtime, database_url)
    together = opened(runtime, calls())
    assert opened(runtime, calls()) == together
    assert [opened(runtime, [call])[0] for call in calls()] == together
    assert [opened(runtime, [call])[0] for call in calls("-later")][1:] == together[1:]


def test_whoever_dials_a_shortcut_goes_there_unless_its_own_form_waits(runtime: Runtime, database_url: str) -> None:
    furnished(runtime, database_url)
    assert [state.at for state in opened(runtime, calls(bare=False))][1:] == ["menu"] * 5
    named = [state.at for state in opened(runtime, calls("-named", bare=False, named="water"))]
    assert named[1:] == ["menu", "menu", "resume", "menu", "menu"]


def test_nobody_calls(runtime: Runtime) -> None:
    assert opened(runtime, []) == []
