"""A `python -m gateway up` for tests, with stand-ins for its parts; see test_up.py."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.ports import any_port
from gateway.settings import ROOT

PART = """
import http.server, json, os, pathlib, signal, sys, time
name = sys.argv[1]
print(f"{name} says hello", flush=True)
pathlib.Path(os.environ["SEEN"], name).write_text(json.dumps(dict(os.environ) | {"pid": os.getpid()}))
if name in ("migrate", "check"):
    sys.exit(int(os.environ.get(f"EXIT_{name}", 0)))
if name == os.environ.get("DIES"):
    while not pathlib.Path(os.environ["SEEN"], "web").exists():
        time.sleep(0.02)
    sys.exit(3)
if name == os.environ.get("STUBBORN"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if name != "web":
    time.sleep(60)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Answer).serve_forever()
"""

UP = """
import sys
from gateway import supervisor, up
from gateway.settings import load_settings
supervisor.GRACE = 0.5
sys.exit(up.run(load_settings(), lambda name: [sys.executable, "-c", sys.argv[1], name]))
"""

# Addresses that nothing here connects to: with both set, no server is started.
ELSEWHERE = {"DATABASE_URL": "postgresql://me:hidden1@127.0.0.1:1/x", "REDIS_URL": "redis://:hidden2@127.0.0.1:1/0"}


class Up:
    """One `up` process on `tmp_path`, with what it printed so far."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.data_dir, self.seen = directory / "data dir", directory / "seen"
        self.seen.mkdir(exist_ok=True)
        self.printed: list[str] = []
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        own = {"SEEN": str(self.seen), "DATA_DIR": str(self.data_dir), "PORT": str(any_port())}
        self.environment = inherited | own | dict(environment)
        argv = [sys.executable, "-c", UP, PART]
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def until_ready(self) -> "Up":
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed.append(line.rstrip("\n"))
            if line == "ready\n":
                return self
        raise AssertionError("\n".join(self.printed))

    def end(self, ask: signal.Signals | None = None) -> tuple[int, str]:
        if ask:
            self.process.send_signal(ask)
        assert self.process.stdout
        self.printed += self.process.stdout.read().splitlines()
        return self.process.wait(), "\n".join(self.printed)

    def part(self, name: str) -> dict[str, str]:
        # "ready" waits for the web part alone.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(FileNotFoundError, json.JSONDecodeError):
                found: dict[str, str] = json.loads((self.seen / name).read_text())
                return found
            time.sleep(0.02)
        raise AssertionError(f"{name} did not start")


@contextmanager
def up(directory: Path, **environment: str) -> Iterator[Up]:
    started = Up(directory, environment)
    try:
        yield started
    finally:
        with started.process as process:
            process.kill()
