"""Redis or PostgreSQL really stopped and started again under a running application, which nobody restarts."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from gateway import loop, workflow_sync
from gateway.app import create_app
from gateway.embedded import Server
from gateway.postgres import start_postgres
from gateway.runtime import Runtime, build
from gateway.settings import Settings
from gateway.valkey import start_valkey
from store.migrate import upgrade
from tests.fixtures import SECRET, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

WATER = JOURNEYS[0]
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
    for key in WATER.keys[3:-3]:
        handset = on_another_process(runtime, handset).press(key)  # rebuilt from the transcript
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
        for key in WATER.keys:
            handset = on_another_process(runtime, handset).press(key)
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
        handset.dial().sees("خدمات ميسان").press(*WATER.keys[:-1]).press("1").sees("تعذر الحفظ")
    finally:
        ground.start_postgres()
    handset.press("1").ends("تم")
    assert receipts(ground, handset.phone) == 1


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
