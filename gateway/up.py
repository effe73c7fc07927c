"""`make run`: one foreground process that starts what is missing, migrates, checks, and runs every part of the gateway.

Decides the order of starting and stopping and what each part finds in its environment; knows nothing of their work.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn, TextIO

from gateway import running
from gateway.datadir import DataDirError, held
from gateway.embedded import EmbeddedError, Server
from gateway.field_keys import kept_text
from gateway.listening import Address, PortError
from gateway.ports import any_port
from gateway.postgres import start_postgres
from gateway.secrets import kept_secret
from gateway.settings import Settings
from gateway.supervisor import Command, Ended, Supervisor
from gateway.valkey import start_valkey

PARTS = ("web", "relay", "worker", "sweep")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RELOAD = "reload"
READY = 60.0  # seconds from the start of the parts to the first 200 of /ready
PULSE = 0.2  # seconds between two looks at children that print nothing


class UpError(Exception):
    """The gateway cannot start or go on; `str()` is the operator's message."""


class StopRequested(BaseException):
    """Somebody asked this process to stop, by Ctrl-C or a signal."""


def gateway_command(name: str) -> Sequence[str]:
    """The argument list of one part."""
    quick = ["--quick"] if name == "check" else []  # sizes are measured before an edit is published, not at each start
    return [sys.executable, "-m", "gateway", name, *quick]


def run(settings: Settings, command: Command = gateway_command, out: TextIO | None = None) -> int:
    """Run the whole gateway until somebody stops it (0) or something fails (1, with the reason on standard error)."""
    out = out or sys.stdout
    for name in STOPS:
        if signal.getsignal(name) != signal.SIG_IGN or name != signal.SIGHUP:  # nohup
            signal.signal(name, _stop_requested)
    reload = _Reload()
    if not sys.stdin or not sys.stdin.isatty():  # with a terminal, a hang-up means that it is gone
        signal.signal(signal.SIGHUP, reload.ask)
    try:
        with ExitStack() as stack:
            try:
                _run(settings, command, out, stack, reload)
            finally:
                _ignore_signals()  # whatever was started is ended in order, however impatient somebody is
    except StopRequested:
        _say(out, "stopped")
        return 0
    except (UpError, EmbeddedError, DataDirError, PortError) as error:
        _say(sys.stderr, f"error: {error}")
        return 1


class _Reload:
    """SIGHUP's wish for a new version of the content; a plain flag, for a handler must not wait."""

    def __init__(self) -> None:
        self.asked = self.running = False

    def ask(self, *_: object) -> None:
        self.asked = True


def _run(settings: Settings, command: Command, out: TextIO, stack: ExitStack, reload: _Reload) -> NoReturn:
    data_dir = stack.enter_context(held(settings.data_dir))
    running.forget_run(data_dir)
    address = Address(settings.host, settings.port)
    address.must_be_free()
    servers = _start_servers(settings, data_dir, stack)
    environment = _environment(settings, data_dir, {server.name: server.url for server in servers})
    parts = Supervisor(command, os.environ | environment, out)
    stack.callback(parts.stop)
    for step in ("migrate", "check"):
        if code := parts.run(step):
            raise UpError(f"`{step}` failed with code {code}")
    for name in (*PARTS, *(["simulator"] if _simulates(settings) else [])):
        parts.start(name)
    _wait_until_ready(address, parts)
    _announce(settings, address.base, environment, data_dir, out)
    stack.callback(running.forget_run, data_dir)
    while True:
        if reload.asked and not reload.running:
            reload.asked, reload.running = False, True
            parts.start(RELOAD)
        if _raise_if_ended(parts, servers, PULSE):
            reload.running = False


def _start_servers(settings: Settings, data_dir: Path, stack: ExitStack) -> list[Server]:
    starts = []
    if settings.database_url is None:
        starts.append(start_postgres)
    if settings.redis_url is None:
        starts.append(start_valkey)
    servers = []
    for start in starts:
        servers.append(start(data_dir, durable=True))
        stack.callback(servers[-1].stop)
    return servers


def _environment(settings: Settings, data_dir: Path, embedded: dict[str, str]) -> dict[str, str]:
    """What each part finds in its environment beside what the operator set: every value that was left to us."""
    secrets = ",".join(secret.get_secret_value() for secret in settings.callback_secrets)
    values = {
        "DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else embedded["postgres"],
        "REDIS_URL": settings.redis_url.get_secret_value() if settings.redis_url else embedded["valkey"],
        "CALLBACK_SECRETS": secrets or kept_secret(data_dir / "callback.secret"),
        "FIELD_KEYS": ",".join(kept_text(settings, data_dir)),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATA_DIR": str(data_dir),
        "PROVIDER": settings.provider,
        "PYTHONUNBUFFERED": "1",
    }
    if _simulates(settings):
        values["AT_BASE_URL"] = f"http://127.0.0.1:{any_port(settings.port + 1)}/version1"
    return values


def _simulates(settings: Settings) -> bool:
    # An AT_BASE_URL of the operator's own means that somebody else plays the provider.
    return settings.provider == "simulator" and settings.at_base_url is None


def _wait_until_ready(address: Address, parts: Supervisor) -> None:
    deadline = time.monotonic() + READY
    while (answer := address.answer("/ready")) != "200":
        if time.monotonic() > deadline:
            raise UpError(f"{address.base}/ready did not answer 200 within {READY:.0f} s (last answer: {answer})")
        _raise_if_ended(parts, [], PULSE)


def _announce(settings: Settings, base: str, environment: dict[str, str], data_dir: Path, out: TextIO) -> None:
    simulator = environment.get("AT_BASE_URL") or settings.at_base_url if settings.provider == "simulator" else None
    secret = environment["CALLBACK_SECRETS"].split(",")[0]
    urls = environment["DATABASE_URL"], environment["REDIS_URL"]
    run = running.running(base, secret, *urls, simulator=simulator)
    running.write_run(data_dir, run)
    # What the operator set is the operator's to know; what was made here must be shown somewhere.
    given = {"callbacks": settings.callback_secrets, "database": settings.database_url, "redis": settings.redis_url}
    hidden = {name for name, value in given.items() if value}
    _say(out, "\n".join(["", "e-Missan gateway", *run.lines(hidden), "  Ctrl-C stops it", "", "ready"]))


def _raise_if_ended(parts: Supervisor, servers: list[Server], seconds: float) -> bool:
    """Whether a reload has ended; bad content was said by it and changes nothing. UpError for anything else."""
    ended = parts.pump(seconds)
    for server in servers:
        code = server.process.poll()
        if code is not None and ended is None:
            ended = Ended(server.name, code)
    if ended and ended.name != RELOAD:
        raise UpError(f"{ended}, unasked; the rest is stopped")
    return ended is not None


def _stop_requested(*_: object) -> NoReturn:
    _ignore_signals()
    raise StopRequested


def _ignore_signals() -> None:
    for name in STOPS:
        signal.signal(name, signal.SIG_IGN)


def _say(out: TextIO, text: str) -> None:
    out.write(f"{text}\n")
    out.flush()
