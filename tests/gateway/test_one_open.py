"""A service that takes one request at a time: several ways in, one moment."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from gateway.app import create_app
from gateway.runtime import Runtime
from handlers import apply
from tests.fixtures import poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

INPUTS = next(each for each in JOURNEYS if each.service == "inputs")


def sent_together(runtime: Runtime, calls: list[Handset]) -> list[str]:
    """The last key of each call, each in a process of its own; what the phones show."""

    def send(call: Handset) -> str:
        copy = Handset(poster(create_app(runtime)), call.phone)
        copy.session, copy.transcript = call.session, f"{call.transcript}*1"
        return copy.send().screen

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


def number_of_cases(database_url: str, phone: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM application WHERE phone = %s", [phone]).fetchone()
    return row[0] if row else 0


def test_a_call_and_a_text_at_once_make_one_request(runtime: Runtime, handset: Handset, database_url: str) -> None:
    args: dict[str, Any] = {
        "service": "inputs",
        "language": "ar",
        "place": "10",
        "person": {"consent": "yes", "card": "none"},
        "answers": {"crop": "wheat", "season": "winter", "dunams": "40"},
    }

    def submit(channel: str) -> dict[str, Any]:
        with runtime.db.transaction() as tx:
            return apply.submit(runtime.context(tx), handset.phone, channel, "a-session", args)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(submit, ["ussd", "sms", "portal", "kiosk"]))
    assert sorted("refused" in result for result in results) == [False, True, True, True]
    assert len({result["reference"] for result in results}) == 1
    assert number_of_cases(database_url, handset.phone) == 1


def test_repeats_of_one_call_at_once_all_get_its_reference(
    runtime: Runtime, handset: Handset, database_url: str
) -> None:
    handset.dial().press("9", *INPUTS.keys[:-1])
    (screen,) = set(sent_together(runtime, [handset] * 5))
    assert "already have" not in screen
    assert number_of_cases(database_url, handset.phone) == 1
