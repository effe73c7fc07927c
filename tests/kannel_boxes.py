"""A real Kannel for tests: bearerbox, smsbox and `fakesmsc`, the far end of its line, as throw-away processes.

Debian's `kannel` and `kannel-extras`. Nothing here knows the gateway.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
BOXES = ("bearerbox", "smsbox")
USER, PASSWORD = "missan", "a-password-of-tests"
CONFIG = """
group = core
admin-port = {admin}
admin-password = unused
smsbox-port = {smsbox}
box-allow-ip = "127.0.0.1"
box-deny-ip = "*.*.*.*"
log-level = 1
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = line
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
log-level = 1
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = {user}
password = {password}
max-messages = 10

group = sms-service
keyword = default
get-url = "{gateway}/sms?id=%I&from=%p&to=%P&text=%a&coding=%c&charset=%C"
max-messages = 0
catch-all = true
"""


def missing() -> str | None:
    """What of Kannel is not installed here; None when all of it is."""
    if not FAKESMSC.exists():
        return "kannel-extras is not installed (fakesmsc)"
    return next((f"kannel is not installed ({box})" for box in BOXES if not _path(box)), None)


@dataclass
class Boxes:
    """A running Kannel; `url` is smsbox's."""

    url: str
    smsc_port: int
    directory: Path
    _numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def operator(self, *texts: str) -> Iterator["Handsets"]:
        """The operator's side, one at a time: sends these (`from to type payload`), and shows what arrives there."""
        log = self.directory / f"fakesmsc-{next(self._numbers)}.log"
        command = [str(FAKESMSC), "-H", "127.0.0.1", "-r", str(self.smsc_port), "-i", "0.1", "-m", str(len(texts))]
        with _running([*command, *(texts or ["1 2 text never-sent"])], log):
            yield Handsets(log)


@dataclass(frozen=True)
class Handsets:
    """What fakesmsc wrote down."""

    log: Path

    def received(self, number: int, seconds: float = 15) -> list[tuple[str, str]]:
        """(phone, text) of the first `number` messages that Kannel handed to the operator."""

        def read() -> list[tuple[str, str]]:
            shown = self.log.read_bytes().decode("latin-1")
            found = re.findall(r"Got message \d+: <(\S+) (\S+) (text|ucs-2|data) (.*)>", shown)
            return [(to, _shown(kind, payload)) for _, to, kind, payload in found]

        _until(lambda: len(read()) >= number, seconds, f"{number} messages at the operator")
        return read()


@contextmanager
def boxes(directory: Path, gateway: str) -> Iterator[Boxes]:
    """A Kannel whose calls go to `gateway` (http://host:port/kannel/secret), until the block ends."""
    ports = dict(zip(("admin", "smsbox", "smsc", "sendsms"), _free_ports(4), strict=True))
    config = directory / "kannel.conf"
    config.write_text(CONFIG.format(**ports, user=USER, password=PASSWORD, gateway=gateway))
    with ExitStack() as stack:
        for box, port in (("bearerbox", ports["smsc"]), ("smsbox", ports["sendsms"])):
            stack.enter_context(_running([_path(box) or box, str(config)], directory / f"{box}.log", signal.SIGINT))
            _until(lambda port=port: _listens(port), 20, box)  # type: ignore[misc]
        yield Boxes(f"http://127.0.0.1:{ports['sendsms']}", ports["smsc"], directory)


@contextmanager
def _running(command: list[str], log: Path, ending: int = signal.SIGTERM) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent
        )
    try:
        yield
    finally:
        process.send_signal(ending)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _path(box: str) -> str | None:
    return shutil.which(box, path=os.environ.get("PATH", "") + ":/usr/sbin")


def _shown(kind: str, payload: str) -> str:
    """fakesmsc writes UCS-2 as percent escapes of what is not printable."""
    if kind == "text":
        return payload.encode("latin-1").decode("utf-8", "replace")
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), payload.replace("+", " ").encode("latin-1"))
    return raw.decode("utf-16-be")


def _until(done: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} within {seconds:.0f} s")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
