"""A live edit reaches every process of a running gateway, and no call is dropped."""

import os
import shutil
import signal
from pathlib import Path

import pytest
import requests

from gateway import reload
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER
from tests.system.running import ROOT, Gateway, until

WATER = JOURNEYS[0]
LOOKS = 12
"""Asked in a row, so that each web worker has answered."""


def digests(gateway: Gateway) -> set[str]:
    """The versions that the web workers use."""
    url = f"{gateway.addresses['base']}/ready"
    return {str(requests.get(url, timeout=5).json()["content"]) for _ in range(LOOKS)}


@pytest.mark.skipif(os.isatty(0), reason="with a terminal SIGHUP means that it is gone")
def test_an_edit_reaches_every_worker_and_calls_go_on(tmp_path: Path) -> None:
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    water = config / "services" / "water.yaml"
    water.write_text(water.read_text().replace("en: New connection", "en: Fresh connection"))
    gateway = Gateway(tmp_path / "data").start()
    try:
        before = digests(gateway)
        call = Handset(gateway.post).dial().press("9", *WATER.open, *STRANGER).sees("1 New connection")
        edited = reload.publish(tmp_path / "data", config).digest
        until(lambda: digests(gateway) == {edited}, "the edit in every worker")
        for _ in range(4):
            call.press("1").sees("Use?").press("0").sees("1 New connection")
        call.press(*WATER.answers, "1").ends()
        Handset(gateway.post, call.phone).dial("21").sees("1 Fresh connection")
        assert gateway.process is not None
        os.kill(gateway.process.pid, signal.SIGHUP)
        until(lambda: digests(gateway) == before, "config/ again, by SIGHUP", 30)
    finally:
        assert gateway.stop() == 0
