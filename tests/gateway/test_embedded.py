"""The embedded servers on real processes: what survives a restart, a kill, a closed directory, another user."""

import os
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from gateway.embedded import EmbeddedError, Server, program
from gateway.postgres import start_postgres
from gateway.valkey import start_valkey
from tests.gateway.embedded_servers import closed_directory, postgres, query, valkey


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


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
def test_a_directory_that_cannot_be_used_is_named_with_the_setting_to_change(
    tmp_path: Path, start: Callable[..., Server]
) -> None:
    (tmp_path / "postgres").touch()
    (tmp_path / "valkey").touch()
    with pytest.raises(EmbeddedError, match=rf"^{tmp_path}/(postgres|valkey): .*\n.*DATA_DIR"):
        start(tmp_path, durable=False)


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
