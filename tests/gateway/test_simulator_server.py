"""The far side in its own process, as `python -m gateway simulator` runs it, and how it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from gateway.simulator.timers import Timers
from tests.gateway.stub_gateway import PHONE, SECRET, stub_gateway
from tests.peers import closed_port

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from gateway.simulator.server import serve
from gateway.simulator.switches import Switches
serve("127.0.0.1", int(sys.argv[1]), sys.argv[2], sys.argv[3], "key", "user", Switches(end_event="never"), "*555#")
"""


def answered(url: str, body: dict[str, str]) -> dict[str, object]:
    until = time.monotonic() + 20
    while True:
        try:
            answer: dict[str, object] = requests.post(f"{url}/handset/dial", json=body, timeout=10).json()
            return answer
        except requests.ConnectionError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_it_serves_in_its_own_process_and_ends_quietly_on_an_interrupt() -> None:
    url = closed_port()
    with stub_gateway() as gateway:
        command = [sys.executable, "-W", "error", "-c", PROGRAM, url.rsplit(":", 1)[1], gateway.url, SECRET]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert answered(url, {"phone": PHONE, "code": "*555#"})["kind"] == "CON"
                process.send_signal(signal.SIGINT)
                assert process.communicate(timeout=10) == ("", "")
            finally:
                process.kill()
    assert process.returncode == 0


def test_timers_run_in_order_of_time_and_drop_what_waits_when_closed() -> None:
    timers, ran = Timers(workers=1), list[str]()
    timers.after(0.1, lambda: ran.append("second"))
    timers.after(0.02, lambda: ran.append("first"))
    timers.after(5, lambda: ran.append("never"))
    time.sleep(0.4)
    timers.close()
    assert ran == ["first", "second"]
    assert timers.now(lambda: ran.append("late")) is None
