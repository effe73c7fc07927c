"""A whole gateway as production runs it: servers, parts and far side in processes that can be killed one by one.

Decides: how each is started, killed and started again. Must not know: who writes, or what is expected.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import requests
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr
from redis import Redis, RedisError

from gateway.embedded import Server
from gateway.ports import any_port
from gateway.postgres import start_postgres
from gateway.runtime import Runtime, build
from gateway.settings import ROOT, Settings
from gateway.valkey import start_valkey

SECRET = "a-secret-of-chaos"  # noqa: S105 - of this run's own gateway
PARTS = ("web", "relay", "worker", "worker-2", "sweep", "far")
READY_S = 120.0


class World:
    """Everything in `directory`. Only the thread that made it may start or kill: children are tied to it."""

    def __init__(self, directory: Path, trouble: float) -> None:
        self.directory, self.trouble = directory, trouble
        self.ledger = directory / "ledger.jsonl"
        self.base = f"http://127.0.0.1:{any_port()}"
        self._far_port = any_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs = (directory / "parts.log").open("ab")
        self.deserters: list[str] = []
        self.postgres: Server = start_postgres(directory, durable=True)
        self.valkey: Server = start_valkey(directory, durable=True)

    @property
    def environment(self) -> dict[str, str]:
        """What the parts find in their environment."""
        return os.environ | {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "DATA_DIR": str(self.directory),
            "PORT": self.base.rpartition(":")[2],
            "PROVIDER": "africastalking",
            "AT_BASE_URL": f"http://127.0.0.1:{self._far_port}",
            "AT_USERNAME": "missan",
            "AT_API_KEY": "k" * 20,
            "CALLBACK_SECRETS": SECRET,
        }

    def open(self) -> None:
        """Migrate, start every part, wait until the web answers."""
        subprocess.run(self._gateway("migrate"), cwd=ROOT, env=self.environment, check=True, capture_output=True)
        with psycopg.connect(self.postgres.url, autocommit=True) as owner:
            owner.execute("CREATE ROLE portal LOGIN PASSWORD 'portal'")
            owner.execute("GRANT SELECT, INSERT, UPDATE ON application TO portal")
        for name in PARTS:
            self.start(name)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for 200 from /ready."""
        deadline = time.monotonic() + READY_S
        while not self._ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"/ready: not in {READY_S:.0f} s; see {self._logs.name}")
            time.sleep(0.1)

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.base}/ready", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    @property
    def portal_url(self) -> str:
        """The store, as the login of another system."""
        owner = {name: str(value) for name, value in conninfo_to_dict(self.postgres.url).items()}
        return make_conninfo(**(owner | {"user": "portal", "password": "portal"}))

    def runtime(self) -> Runtime:
        """A runtime on these servers, for the one who audits."""
        database_url, redis_url = SecretStr(self.postgres.url), SecretStr(self.valkey.url)
        return build(Settings(database_url=database_url, redis_url=redis_url, data_dir=self.directory))

    def start(self, name: str) -> None:
        """Start a part that does not run."""
        argv = self._gateway(name.partition("-")[0])
        if name == "far":
            where = [str(self._far_port), str(self.ledger), str(self.trouble), f"{self.base}/at/{SECRET}"]
            argv = [sys.executable, "-m", "bench.chaos.far_side", *where]
        self._processes[name] = subprocess.Popen(
            argv, cwd=ROOT, env=self.environment, stdout=self._logs, stderr=self._logs, process_group=0
        )

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> None:
        """End a part with all its processes; one that had ended by itself is noted."""
        process = self._processes.pop(name)
        if (code := process.poll()) is not None:
            self.deserters.append(f"{name} (code {code})")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            self.deserters.append(f"{name} (deaf to {sign.name})")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def crash_postgres(self) -> Callable[[], None]:
        """End PostgreSQL as a power cut would end it; call the answer to start it again."""
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait()
        return self._start_postgres

    def _start_postgres(self) -> None:
        self.postgres = start_postgres(self.directory, durable=True)

    def crash_valkey(self) -> Callable[[], None]:
        """Kill Valkey; call the answer to start it again."""
        self.valkey.process.kill()
        self.valkey.process.wait()
        return self._start_valkey

    def _start_valkey(self) -> None:
        self.valkey = start_valkey(self.directory, durable=True)

    def cut_postgres(self) -> None:
        """Cut every connection to the store but our own, in mid-transaction or not."""
        with suppress(psycopg.Error), psycopg.connect(self.postgres.url, connect_timeout=2, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND random() < 0.7"
            )

    def kill_backend(self) -> None:
        """Kill one server process of PostgreSQL, which makes it restart all."""
        with suppress(psycopg.Error), psycopg.connect(self.postgres.url, connect_timeout=2) as owner:
            found = owner.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
            with suppress(ProcessLookupError):
                os.kill(random.choice(found)[0], signal.SIGKILL) if found else None

    def flush_redis(self) -> None:
        """Forget everything that Redis knows."""
        self._redis("FLUSHALL")

    def cut_redis(self) -> None:
        """Cut every connection to Redis."""
        self._redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def _redis(self, *command: str) -> None:
        with suppress(RedisError), Redis.from_url(self.valkey.url, socket_timeout=2) as redis:
            redis.execute_command(*command)

    def close(self) -> None:
        """End everything that was started here."""
        for name in list(self._processes):
            self.kill(name)
        self.valkey.stop()
        self.postgres.stop()
        self._logs.close()

    def _gateway(self, command: str) -> list[str]:
        return [sys.executable, "-m", "gateway", command]
