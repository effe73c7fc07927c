"""The embedded servers on real processes: what survives a restart, a kill, a closed directory, another user."""

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from redis import Redis

from gateway import unprivileged
from gateway.embedded import EmbeddedError, Server, program
from gateway.postgres import start_postgres
from gateway.settings import ROOT
from gateway.valkey import start_valkey

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as somebody else")

KILLED_PARENT = """
import sys, time
from pathlib import Path
from tempfile import TemporaryDirectory
from gateway.postgres import start_postgres
from gateway.valkey import start_valkey
directory = Path(sys.argv[1])
servers = [start(directory, durable=True) for start in (start_postgres, start_valkey)]
print(*(server.process.pid for server in servers), servers[0].url, flush=True)
time.sleep(float(sys.argv[2]))
for server in servers:
    server.stop()
"""


@contextmanager
def postgres(directory: Path, *, durable: bool = False) -> Iterator[Server]:
    server = start_postgres(directory, durable=durable)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def valkey(directory: Path, *, durable: bool = False) -> Iterator[Server]:
    server = start_valkey(directory, durable=durable)
    try:
        yield server
    finally:
        server.stop()


def query(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def closed_directory(parent: Path) -> Path:
    """A directory with a space in its path, below one that only its owner may pass."""
    closed = parent / "closed to others"
    closed.mkdir(mode=0o700)
    found = closed / "data dir"
    found.mkdir()
    return found


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return closed_directory(tmp_path)


@dataclass(frozen=True)
class Running:
    """Both servers on one directory, for tests that only look."""

    directory: Path
    postgres: Server
    valkey: Server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = closed_directory(tmp_path_factory.mktemp("running"))
    with postgres(directory) as store, valkey(directory) as memory:
        yield Running(directory, store, memory)


def test_postgres_keeps_its_data_its_port_and_its_password_from_one_start_to_the_next(directory: Path) -> None:
    with postgres(directory) as first:
        query(first.url, "CREATE TABLE t AS SELECT 7 AS n")
    with postgres(directory) as second:
        assert second.url == first.url
        assert query(second.url, "SELECT n FROM t") == 7


def test_postgres_is_utf8_on_loopback_only_behind_a_password_and_its_owner_can_make_roles(running: Running) -> None:
    url = running.postgres.url
    assert query(url, "SHOW server_encoding") == "UTF8"
    assert query(url, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
    assert query(url, "SHOW listen_addresses") == "127.0.0.1"
    assert query(url, "SHOW unix_socket_directories") == ""
    assert query(url, "SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user") is True
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(url.replace("gateway:", "gateway:x"), "SELECT 1")


@pytest.mark.parametrize("name", ["postgres.password", "postgres.log", "valkey.password", "valkey.log"])
def test_passwords_and_logs_are_for_their_owner_only(running: Running, name: str) -> None:
    assert stat.S_IMODE((running.directory / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_nobody_reads_a_password_in_the_list_of_processes(running: Running, name: str) -> None:
    server = running.postgres if name == "postgres" else running.valkey
    arguments = Path(f"/proc/{server.process.pid}/cmdline").read_text()
    assert (running.directory / f"{name}.password").read_text().strip() not in arguments


@as_root
def test_root_runs_postgres_as_somebody_else_and_opens_no_directory_for_it(running: Running) -> None:
    assert Path(f"/proc/{running.postgres.process.pid}").stat().st_uid != 0
    assert stat.S_IMODE(running.directory.parent.stat().st_mode) == 0o700


def test_postgres_moves_to_another_port_when_its_own_is_taken(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        (directory / "postgres.port").write_text(f"{other.getsockname()[1]}")
        with postgres(directory) as server:
            assert f":{other.getsockname()[1]}/" not in server.url
            assert query(server.url, "SELECT 1") == 1


def test_postgres_starts_after_it_was_killed_even_if_its_number_now_belongs_to_another_process(directory: Path) -> None:
    with postgres(directory, durable=True) as server:
        query(server.url, "CREATE TABLE t AS SELECT 7 AS n")
        server.process.kill()
        server.process.wait()
    pid_file = directory / "postgres" / "data" / "postmaster.pid"
    other = subprocess.Popen(["sleep", "60"], user=pid_file.stat().st_uid if os.geteuid() == 0 else None)
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
    try:
        with postgres(directory) as server:
            assert query(server.url, "SELECT n FROM t") == 7
    finally:
        other.kill()
        other.wait()


def test_an_interrupted_first_start_leaves_nothing_that_hinders_the_next(directory: Path) -> None:
    (directory / "postgres" / "new" / "base").mkdir(parents=True)
    with postgres(directory) as server:
        assert query(server.url, "SELECT 1") == 1


def test_servers_end_with_a_killed_parent_and_the_next_start_finds_the_data(directory: Path) -> None:
    argv = [sys.executable, "-c", KILLED_PARENT, str(directory), "60"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        *pids, url = parent.stdout.readline().split()
        query(url, "CREATE TABLE t AS SELECT 7 AS n")
        parent.kill()
    # At once: the next start itself has to wait for the old servers.
    with postgres(directory) as store, valkey(directory):
        assert query(store.url, "SELECT n FROM t") == 7
    wait_until(lambda: not any(lives(int(pid)) for pid in pids))


def test_valkey_saves_when_it_stops_and_answers_only_with_its_password(directory: Path) -> None:
    with valkey(directory, durable=True) as first, Redis.from_url(first.url) as redis:
        redis.set("key", "value")
    with valkey(directory, durable=True) as second, Redis.from_url(second.url, decode_responses=True) as redis:
        assert second.url == first.url
        assert redis.get("key") == "value"
        with socket.create_connection(("127.0.0.1", int(redis.connection_pool.connection_kwargs["port"]))) as plain:
            plain.sendall(b"GET key\r\n")
            assert plain.recv(100).startswith(b"-NOAUTH")


def test_valkey_starts_empty_when_its_snapshot_is_broken(directory: Path) -> None:
    (directory / "valkey").mkdir()
    (directory / "valkey" / "dump.rdb").write_bytes(b"REDIS9999 from the future")
    with valkey(directory, durable=True) as server, Redis.from_url(server.url) as redis:
        assert redis.dbsize() == 0
    assert (directory / "valkey" / "dump.refused").exists()


@pytest.mark.parametrize("setting", ["DATABASE_URL", "REDIS_URL"])
def test_without_any_server_program_the_message_names_the_setting(setting: str) -> None:
    with pytest.raises(EmbeddedError, match=f"^{setting} is not set"):
        program(setting, [("no_such_wheel", "bin/*")], ["no-such-program", "no/such/*/place"])


def test_a_system_program_serves_where_there_is_no_wheel() -> None:
    assert program("REDIS_URL", [("no_such_wheel", "bin/*")], ["no-such-program", "bin/sh"]) == Path("/bin/sh")


@as_root
def test_without_capabilities_postgres_runs_from_a_copy_that_goes_with_it(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(unprivileged, "PASSES", ())
    with postgres(directory) as server:
        assert query(server.url, "SELECT 1") == 1
        home = Path(str(query(server.url, "SHOW data_directory")))
        assert not home.is_relative_to(directory)
        assert str(home.parent) in caplog.text
    assert not home.exists()


@as_root
def test_an_ordinary_user_runs_both_servers_and_root_goes_on_with_that_users_data() -> None:
    with TemporaryDirectory() as own:  # not below tmp_path, which is closed to others
        os.chown(own, 65534, 65534)
        argv = [sys.executable, "-c", KILLED_PARENT, own, "0"]
        try:
            subprocess.run(argv, cwd=ROOT, check=True, user=65534, group=65534, extra_groups=[])
        except PermissionError:
            pytest.skip("this checkout or its Python is closed to other users")
        with postgres(Path(own)) as server:
            assert query(server.url, "SELECT 1") == 1
            assert Path(f"/proc/{server.process.pid}").stat().st_uid == 65534


def test_a_server_that_cannot_start_says_why(directory: Path) -> None:
    with postgres(directory):
        pass
    (directory / "postgres" / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(EmbeddedError, match="incompatible"):
        start_postgres(directory, durable=False)


def test_postgres_ends_at_once_though_clients_are_connected(directory: Path) -> None:
    with postgres(directory) as server:
        client = psycopg.connect(server.url)
        client.execute("SELECT 1")
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 5
        assert server.process.returncode == 0
        client.close()
