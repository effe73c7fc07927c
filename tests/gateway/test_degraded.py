"""Redis or PostgreSQL really stopped and started again under a running application, which nobody restarts."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from gateway import dropped, loop, workflow_sync
from gateway.app import create_app
from gateway.embedded import Server
from gateway.postgres import start_postgres
from gateway.records import key
from gateway.runtime import Runtime, build
from gateway.settings import Settings
from gateway.valkey import start_valkey
from store.db import StoreUnavailable
from store.migrate import upgrade
from tests.fixtures import SECRET, poster
from tests.gateway.office import Office
from tests.handset import Handset
from tests.processes import wait_until
from tests.system.journeys import JOURNEYS, STRANGER

WATER, SCHOOL = JOURNEYS[0], JOURNEYS[2]
pytestmark = pytest.mark.xdist_group("degraded")


class Ground:
    """Servers of this module's own, to be stopped and started, on ports that stay the same."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.postgres: Server = start_postgres(directory, durable=True)
        self.valkey: Server = start_valkey(directory, durable=False)
        upgrade(self.postgres.url)

    def start_postgres(self) -> None:
        self.postgres = start_postgres(self.directory, durable=True)

    def start_valkey(self) -> None:
        self.valkey = start_valkey(self.directory, durable=False)

    def backends(self) -> list[int]:
        """The processes of the server, itself included."""
        with psycopg.connect(self.postgres.url) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'gateway'").fetchall()
        return [self.postgres.process.pid, *(pid for (pid,) in found)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The servers."""
    ground = Ground(tmp_path_factory.mktemp("degraded"))
    yield ground
    ground.valkey.stop()
    ground.postgres.stop()


@pytest.fixture
def runtime(ground: Ground) -> Iterator[Runtime]:
    """A runtime on them."""
    settings = Settings(
        database_url=SecretStr(ground.postgres.url),
        redis_url=SecretStr(ground.valkey.url),
        callback_secrets=(SecretStr(SECRET),),
        provider="africastalking",
        quiet_hours="",
    )
    runtime = build(settings)
    workflow_sync.sync(runtime)
    yield runtime
    runtime.db.close()
    loop.run(runtime.pipe.close())
    runtime.redis.close()


@pytest.fixture
def handset(runtime: Runtime) -> Handset:
    """A phone on an application of this runtime."""
    return Handset(poster(create_app(runtime)))


def receipts(ground: Ground, phone: str) -> int:
    with psycopg.connect(ground.postgres.url) as connection:
        row = connection.execute("SELECT count(*) FROM gateway.message WHERE phone = %s", [phone]).fetchone()
    assert row is not None
    return int(row[0])


def test_redis_gone_in_mid_call_and_back_is_not_noticed(ground: Ground, runtime: Runtime, handset: Handset) -> None:
    handset.dial().press("9", *WATER.open, "1")
    ground.valkey.stop()
    handset.press("1").sees("District?")
    for digit in WATER.keys[3:-3]:
        handset = on_another_process(runtime, handset).press(digit)  # rebuilt from the transcript
    repeated = handset.screen
    assert handset.send().screen == repeated
    ground.start_valkey()
    handset.press(*WATER.keys[-3:])
    reference = handset.ends().reference
    assert on_another_process(runtime, handset).send().reference == reference
    assert receipts(ground, handset.phone) == 1


def on_another_process(runtime: Runtime, handset: Handset) -> Handset:
    other = Handset(poster(create_app(runtime)), handset.phone)
    other.session, other.transcript, other.screen = handset.session, handset.transcript, handset.screen
    return other


def test_calls_begin_and_end_while_redis_is_gone(ground: Ground, runtime: Runtime, handset: Handset) -> None:
    ground.valkey.stop()
    try:
        handset.dial()
        for digit in WATER.keys:
            handset = on_another_process(runtime, handset).press(digit)
        assert handset.ends().reference == on_another_process(runtime, handset).send().reference
        assert receipts(ground, handset.phone) == 1
    finally:
        ground.start_valkey()
    handset.dial().sees("خدمات ميسان")


def test_the_store_gone_in_mid_call_the_form_goes_on_and_is_sent_when_it_is_back(
    ground: Ground, handset: Handset
) -> None:
    handset.dial().press("9", *WATER.keys[:4])
    ground.postgres.stop()
    try:
        handset.press(*WATER.keys[4:-1]).sees("Plot: 1234")
        handset.press("1").sees("Not saved just now, please try again").press("1").sees("Not saved just now")
        declined = handset.screen
        assert handset.send().screen == declined
    finally:
        ground.start_postgres()
    handset.press("1").ends("Done")
    assert receipts(ground, handset.phone) == 1


def test_a_call_that_begins_without_the_store_ends_with_it(ground: Ground, handset: Handset) -> None:
    ground.postgres.stop()
    try:
        handset.dial().sees("خدمات ميسان").press("9").sees("Missan services").press("9").sees("خدمات ميسان")
        handset.press(*WATER.keys[:-1]).press("1").sees("تعذر الحفظ")
    finally:
        ground.start_postgres()
    handset.press("1").ends("تم")
    assert receipts(ground, handset.phone) == 1


HALF = ("9", *WATER.open, *STRANGER, "1", "1")
"""In English, up to the plot number."""
REST = ("1234", "0", "1")


def anew(runtime: Runtime, handset: Handset) -> Handset:
    """The same phone, calling anew, at another process."""
    return Handset(poster(create_app(runtime)), handset.phone)


def swept(runtime: Runtime, minutes: int) -> None:
    """The sweep's part, so much later."""
    dropped.mend(replace(runtime, now=lambda: datetime.now(UTC) + timedelta(minutes=minutes)), deep=False)


def test_a_redial_while_the_store_is_gone_is_offered_the_form(
    ground: Ground, runtime: Runtime, handset: Handset
) -> None:
    handset.dial().press(*HALF)
    ground.postgres.stop()
    try:
        newer = anew(runtime, handset).dial().sees("unfinished water request", "1 Continue").press("1")
        newer.sees("Plot number").press(*REST).sees("Plot: 1234").press("1").sees("Not saved just now")
    finally:
        ground.start_postgres()
    newer.press("1").ends("Done")
    swept(runtime, 10)
    assert receipts(ground, handset.phone) == 1


def test_a_form_that_was_not_taken_up_while_the_store_was_gone_is_kept_beside_the_new_one(
    ground: Ground, runtime: Runtime, handset: Handset
) -> None:
    handset.dial().press(*HALF)
    ground.postgres.stop()
    try:
        newer = anew(runtime, handset).dial().sees("unfinished water request").press("0").sees("Missan services")
        newer.press(*JOURNEYS[1].open, *STRANGER)
        with pytest.raises(StoreUnavailable):
            swept(runtime, 10)
        for each in (handset, newer):  # they outlive an outage of a day
            assert runtime.redis.ttl(key(each.session)) > 20 * 3600
    finally:
        ground.start_postgres()
    swept(runtime, 20)
    assert drafts(ground, handset.phone) == [JOURNEYS[1].service, "water"]


def test_three_wrong_answers_while_the_store_is_gone_keep_the_form(
    ground: Ground, runtime: Runtime, handset: Handset
) -> None:
    handset.dial().press(*HALF)
    ground.postgres.stop()
    try:
        handset.press("x", "y", "z").ends()
    finally:
        ground.start_postgres()
    anew(runtime, handset).dial().sees("unfinished water request").press("1").sees("Plot number")


@pytest.mark.parametrize("knows", ["this process", "the provider"])
def test_a_call_that_drops_while_redis_is_gone_leaves_its_form(
    ground: Ground, runtime: Runtime, handset: Handset, knows: str
) -> None:
    handset.dial().press(*HALF[:-1])
    ground.valkey.stop()
    handset.press(HALF[-1]).sees("Plot number")
    told = handset if knows == "this process" else anew(runtime, handset)
    ended = {"sessionId": handset.session, "phoneNumber": handset.phone, "status": "Incomplete"}
    assert told.post("ussd/ended", ended | {"serviceCode": "*964#", "input": handset.transcript})[0] == 200
    ground.start_valkey()
    anew(runtime, handset).dial().press("1").sees("Plot number")


def test_what_redis_missed_is_written_when_it_is_back(ground: Ground, runtime: Runtime, handset: Handset) -> None:
    handset.dial().press(*HALF[:-1])
    ground.valkey.stop()
    handset.press(HALF[-1]).sees("Plot number")
    ground.start_valkey()
    wait_until(lambda: len(runtime.redis.keys("s:*")) == 1, 10)
    swept(runtime, 10)
    assert drafts(ground, handset.phone) == ["water"]


def drafts(ground: Ground, phone: str) -> list[str]:
    """The services of the forms that are kept for the phone."""
    with psycopg.connect(ground.postgres.url) as connection:
        found = connection.execute("SELECT service FROM gateway.draft WHERE phone = %s ORDER BY 1", [phone])
        return [service for (service,) in found]


def test_a_redis_that_hung_for_a_hop_loses_no_answer(ground: Ground, runtime: Runtime, handset: Handset) -> None:
    """It kept its data, and missed one write."""
    handset.dial().press("9", *WATER.open, "1").sees("National card")
    runtime.pipe._quiet_until = time.monotonic() + 0.3  # as after a time-out
    handset.press("1").sees("District?")
    time.sleep(0.3)
    handset.press(WATER.keys[3]).sees("Where in Amara?")


def test_the_offices_question_stays_whole_while_the_store_is_away(
    ground: Ground, runtime: Runtime, handset: Handset
) -> None:
    reference = handset.dial().press(*SCHOOL.keys).ends().reference
    registrar = Office(runtime, create_app(runtime)).hire("Zahra", "REGISTRAR", directorate="education")
    asked = registrar.act(reference, "ask", 1, question="child_card")
    assert asked.status_code == 200, asked.json
    handset.dial().sees(reference).press("1").sees("رقم البطاقة الوطنية للطفل (12 رقما)", "1 لا يملكها بعد")
    ground.postgres.stop()
    try:
        handset.press("1").sees("تعذر الحفظ\nرقم البطاقة الوطنية للطفل (12 رقما)\n1 لا يملكها بعد\n0 رجوع")
    finally:
        ground.start_postgres()
    handset.press("1").ends("تم", reference)


def test_a_store_that_hangs_is_not_waited_for(ground: Ground, handset: Handset) -> None:
    handset.dial()
    stopped = ground.backends()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        handset.dial().sees("خدمات ميسان").press("9")
        assert time.monotonic() - began < 11  # 3 for the opening, and 8 for the language, which had to be asked for
        began = time.monotonic()
        handset.dial().sees("خدمات ميسان")
        assert time.monotonic() - began < 4
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
    time.sleep(2.1)
    handset.dial().press("9").sees("Missan services")


def test_the_report_of_a_call_that_ended_meanwhile_is_written_when_the_store_is_back(
    ground: Ground, handset: Handset
) -> None:
    handset.dial()
    form = {"sessionId": handset.session, "phoneNumber": handset.phone, "status": "Incomplete", "hopsCount": "1"}
    ground.postgres.stop()
    try:
        assert handset.post("ussd/ended", form)[0] == 200
    finally:
        ground.start_postgres()
    wait_until(lambda: ended(ground, handset.session) == [("Incomplete", 1)], 5)


def ended(ground: Ground, session: str) -> list[tuple[str, int]]:
    with psycopg.connect(ground.postgres.url) as connection:
        asked = "SELECT status, hops FROM gateway.ussd_session WHERE session = %s"
        return [(status, hops) for status, hops in connection.execute(asked, [session]).fetchall()]
