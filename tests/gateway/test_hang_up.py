"""SIGHUP to a part that runs by itself: it takes config/ as it is now, and goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import reload
from gateway.runtime import Runtime
from gateway.settings import ROOT
from tests.fixtures import SECRET
from tests.processes import wait_until

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path, runtime: Runtime, database_url: str, redis_url: str) -> Iterator[Start]:
    """Start a part; it is ended with the test."""
    given = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    given |= {"PROVIDER": "africastalking", "AT_API_KEY": "k", "FIELD_KEYS": "t" * 43, "CALLBACK_SECRETS": SECRET}
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    started: list[subprocess.Popen[bytes]] = []

    def start(part: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "gateway", part]
        started.append(subprocess.Popen(command, cwd=ROOT, env=inherited | given, stdin=subprocess.DEVNULL))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


def hears(part: "subprocess.Popen[bytes]") -> bool:
    """Whether it has said what SIGHUP means to it (proc(5): SigCgt)."""
    status = Path(f"/proc/{part.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGHUP - 1) & 1)


@pytest.mark.parametrize("part", ["relay", "worker", "sweep"])
def test_a_part_takes_what_is_in_config_and_lives_on(start: Start, tmp_path: Path, runtime: Runtime, part: str) -> None:
    running = start(part)
    wait_until(lambda: hears(running), 30)
    running.send_signal(signal.SIGHUP)
    pointer = tmp_path / "data" / "content" / reload.CURRENT
    wait_until(pointer.exists, 20)
    assert pointer.read_text() == runtime.content.digest
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) == 0
