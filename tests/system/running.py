"""A whole gateway as `make run` starts it, in processes of its own, driven from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import psycopg
import requests

from gateway.ports import any_port

ROOT = Path(__file__).resolve().parents[2]
READY_S = 60.0
T = TypeVar("T")


def until(probe: Callable[[], T], what: str, seconds: float = 15.0) -> T:
    """The first truthy value of `probe`; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s, last {found!r}"
        time.sleep(0.05)


class Gateway:
    """`python -m gateway up` on a data directory; `settings` are environment variables."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.environment = _bare_environment() | {
            "DATA_DIR": str(data_dir),
            "PORT": str(any_port()),
            "QUIET_HOURS": "",
            **settings,
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start and wait for the line `ready`."""
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "up"], cwd=ROOT, env=self.environment, stdout=log, stderr=log, text=True
        )
        log.close()
        until(self._is_ready, "ready", READY_S)
        return self

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.output()
        return (self.data_dir / "run.json").exists()

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def output(self) -> str:
        """Everything printed so far."""
        return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text()

    @property
    def addresses(self) -> dict[str, Any]:
        """What `python -m gateway info` reads."""
        found: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text())
        return found

    def post(self, path: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Post a callback as the provider does."""
        answer = requests.post(f"{self.addresses['callbacks']}/{path}", data=dict(form), timeout=15)
        return answer.status_code, answer.text

    def command(self, *arguments: str) -> str:
        """The standard output of a command of the operator's."""
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def officer(self, name: str, role: str, directorate: str) -> str:
        """A new officer's key."""
        return self.command("officer", "add", name, "--role", role, "--directorate", directorate).splitlines()[-1]

    def api(self, key: str, method: str, path: str, body: object = None) -> requests.Response:
        """Call the officers' API."""
        url = f"{self.addresses['api']}{path}"
        return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=15)

    def sql(self, statement: str, *values: object, role: str | None = None) -> list[tuple[Any, ...]]:
        """Run plain SQL on the shared store, as another database login when `role` is given."""
        url = self.addresses["database_url"]
        if role:
            url = psycopg.conninfo.make_conninfo(url, user=role, password=role)
        with psycopg.connect(url) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def make_portal_role(self) -> None:
        """The portal's database login, with the only rights that docs/store.md asks for."""
        self.sql("CREATE ROLE portal LOGIN PASSWORD 'portal'")
        self.sql("GRANT SELECT, INSERT, UPDATE ON application TO portal")


def _bare_environment() -> dict[str, str]:
    """This process's environment without any setting of a gateway."""
    ours = {"DATABASE_URL", "REDIS_URL", "PROVIDER", "AT_BASE_URL", "CALLBACK_SECRETS", "DATA_DIR", "PORT", "HOST"}
    return {name: value for name, value in os.environ.items() if name not in ours}
