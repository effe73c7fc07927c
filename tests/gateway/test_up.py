"""`make run` as a process: its parts are stand-ins, so that order, signals, messages and leftovers are tested."""

import os
import re
import signal
import socket
import stat
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis

from gateway.ports import any_port
from gateway.running import Running, read_run, without_password
from tests.gateway.up_process import ELSEWHERE, up
from tests.processes import lives, wait_until


def test_up_starts_servers_and_parts_prints_every_address_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with up(tmp_path) as gateway:
        gateway.until_ready()
        run = read_run(gateway.data_dir)
        assert run is not None
        for address in (run.handset, run.api, run.callbacks, run.database_url, run.redis_url):
            assert any(line.endswith(f" {address}") for line in gateway.printed), address
        with psycopg.connect(run.database_url) as store, Redis.from_url(run.redis_url) as redis:
            assert store.execute("SELECT 1").fetchone() == (1,)
            assert redis.ping()
        assert stat.S_IMODE((gateway.data_dir / "run.json").stat().st_mode) == 0o600
        children = {name: gateway.part(name) for name in ("web", "relay", "worker", "sweep", "simulator")}
        for child in children.values():
            assert child["DATABASE_URL"] == run.database_url
            assert child["REDIS_URL"] == run.redis_url
            assert run.callbacks == f"{run.base}/at/{child['CALLBACK_SECRETS']}"
            assert urlsplit(child["AT_BASE_URL"]).path == "/version1"
        code, printed = gateway.end(signal.SIGINT)
    assert code == 0
    assert printed.endswith("stopped")
    assert "    relay | relay says hello" in printed
    assert not any(lives(int(child["pid"])) for child in children.values())
    assert read_run(gateway.data_dir) is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(run.database_url)


def test_the_second_start_has_the_same_addresses_and_secrets(tmp_path: Path) -> None:
    port = str(any_port())
    runs = []
    for _ in range(2):
        with up(tmp_path, **ELSEWHERE, PORT=port) as gateway:
            gateway.until_ready()
            runs.append(read_run(gateway.data_dir))
            gateway.end(signal.SIGTERM)
    assert runs[0] is not None
    assert runs[1] is not None
    assert runs[0].callbacks == runs[1].callbacks
    assert len(runs[0].callbacks.rpartition("/")[2]) == 43


def test_values_that_the_operator_set_are_used_and_their_secrets_not_printed(tmp_path: Path) -> None:
    given = ELSEWHERE | {"CALLBACK_SECRETS": "hidden-three,hidden-four"}
    given |= {"PROVIDER": "africastalking", "AT_API_KEY": "k"}
    with up(tmp_path, **given) as gateway:
        gateway.until_ready()
        seen = gateway.part("web")
        assert {name: seen[name] for name in given} == given
        assert "AT_BASE_URL" not in seen
        assert not (gateway.seen / "simulator").exists()
        _, printed = gateway.end(signal.SIGTERM)
    assert "hidden" not in printed
    assert "/phone" not in printed


def test_a_taken_port_is_refused_with_a_message_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with up(tmp_path, **ELSEWHERE, PORT=port) as gateway:
            code, printed = gateway.end()
    assert code == 1
    assert re.search(rf"PORT {port} .*in use.*\n.*make run PORT=\d+", printed)
    assert not (gateway.seen / "migrate").exists()


def test_a_second_gateway_on_the_same_data_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    with up(tmp_path, **ELSEWHERE) as first:
        first.until_ready()
        with up(tmp_path, **ELSEWHERE) as second:
            code, printed = second.end()
    assert code == 1
    assert f"already running on {first.data_dir} at http://127.0.0.1:{first.environment['PORT']}" in printed


@pytest.mark.parametrize("step", ["migrate", "check"])
def test_a_failing_step_stops_the_start_with_its_name_and_code(tmp_path: Path, step: str) -> None:
    with up(tmp_path, **ELSEWHERE, **{f"EXIT_{step}": "4"}) as gateway:
        code, printed = gateway.end()
    assert code == 1
    assert f"`{step}` failed with code 4" in printed
    assert f"  {step} | {step} says hello" in printed
    assert not (gateway.seen / "web").exists()


def test_a_part_that_ends_by_itself_is_named_and_the_rest_is_stopped(tmp_path: Path) -> None:
    with up(tmp_path, **ELSEWHERE, DIES="worker") as gateway:
        web = int(gateway.part("web")["pid"])
        code, printed = gateway.end()
    assert code == 1
    assert "worker ended with code 3, unasked" in printed
    assert not lives(web)


def test_a_killed_part_is_named_with_its_signal(tmp_path: Path) -> None:
    with up(tmp_path, **ELSEWHERE) as gateway:
        gateway.until_ready()
        os.kill(int(gateway.part("relay")["pid"]), signal.SIGKILL)
        code, printed = gateway.end()
    assert code == 1
    assert "relay was killed by SIGKILL, unasked" in printed


def test_a_part_that_will_not_stop_is_killed_after_its_grace(tmp_path: Path) -> None:
    with up(tmp_path, **ELSEWHERE, STUBBORN="sweep") as gateway:
        stubborn = int(gateway.until_ready().part("sweep")["pid"])
        code, _ = gateway.end(signal.SIGTERM)
    assert code == 0
    assert not lives(stubborn)


def test_parts_end_when_up_itself_is_killed(tmp_path: Path) -> None:
    with up(tmp_path, **ELSEWHERE) as gateway:
        gateway.until_ready()
        pids = [int(gateway.part(name)["pid"]) for name in ("web", "relay", "worker", "sweep", "simulator")]
        gateway.process.kill()
        gateway.process.wait()
        wait_until(lambda: not any(map(lives, pids)))
        assert read_run(gateway.data_dir) is None


def test_a_gateway_on_every_address_prints_the_loopback_one(tmp_path: Path) -> None:
    with up(tmp_path, **ELSEWHERE, HOST="0.0.0.0") as gateway:  # noqa: S104
        gateway.until_ready()
        connection = HTTPConnection("127.0.0.1", int(gateway.environment["PORT"]))
        connection.request("GET", "/ready")
        assert connection.getresponse().status == 200
        connection.close()
        run = read_run(gateway.data_dir)
        assert isinstance(run, Running)
        assert run.base == f"http://127.0.0.1:{gateway.environment['PORT']}"


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with up(tmp_path, **ELSEWHERE, DATA_DIR=str(tmp_path / "file" / "data")) as gateway:
        code, printed = gateway.end()
    assert code == 1
    assert f"DATA_DIR {tmp_path}/file/data cannot be used" in printed


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:pw@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("redis://:p@ss@host:1/0", "redis://:***@host:1/0"),
        ("postgresql://me@db/x?password=pw", "postgresql://me@db/x?***"),
        ("redis://localhost/0", "redis://localhost/0"),
    ],
)
def test_addresses_are_shown_without_their_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
