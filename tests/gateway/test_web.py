"""`python -m gateway web` as processes: hops go on while its workers die, are replaced, and end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from gateway import reload
from gateway.ports import any_port
from gateway.processors import allowed, shares
from gateway.runtime import Runtime
from gateway.settings import ROOT
from tests.fixtures import SECRET
from tests.gateway.raw_client import Client, hop
from tests.processes import lives, wait_until


class Web:
    """A web part, and what it logs."""

    def __init__(self, directory: Path, port: int, **addresses: str) -> None:
        self.port, self.log = port, directory / "web.log"
        given = {"PORT": str(port), "DATA_DIR": str(directory / "data"), "CALLBACK_SECRETS": SECRET, **addresses}
        given |= {"PROVIDER": "africastalking", "AT_API_KEY": "k", "FIELD_KEYS": "t" * 43, "QUIET_HOURS": ""}
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "web"], cwd=ROOT, env=inherited | given, stdout=log, stderr=log
            )

    def workers(self) -> list[int]:
        """Their process ids."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        commands = {int(pid): _command(int(pid)) for pid in found}
        return [pid for pid, command in commands.items() if "spawn_main" in command]

    def connections(self, worker: int) -> int:
        """How many clients a worker has."""
        table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        own = {line[9] for line in table if line[1].endswith(f":{self.port:04X}") and line[3] == "01"}
        files = [os.readlink(each) for each in Path(f"/proc/{worker}/fd").iterdir() if each.is_symlink()]
        return len(own & {name.removeprefix("socket:[").rstrip("]") for name in files})

    def answers(self) -> bool:
        """Whether a hop on a connection of its own is answered."""
        with suppress(OSError, AssertionError):
            client = Client(self.port)
            try:
                return client.sends(hop()).answer()[1][:4] == b"CON "
            finally:
                client.leaves()
        return False

    def published(self) -> Path:
        """Where it says which version of config/ is in use, once any was published."""
        return self.log.parent / "data" / "content" / reload.CURRENT

    def logged(self) -> list[str]:
        """What was logged so far: JSON lines, and no trace of an exception."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        assert not any("trace" in line or "exception" in line for line in lines), lines
        return [line["event"] for line in lines]


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


@pytest.fixture
def web(tmp_path: Path, runtime: Runtime, database_url: str, redis_url: str) -> Iterator[Web]:
    """A web part with both of its workers at work."""
    web = Web(tmp_path, any_port(), DATABASE_URL=database_url, REDIS_URL=redis_url)
    try:
        wait_until(web.answers, 40)
        wait_until(lambda: len(web.workers()) == 2)
        yield web
    finally:
        workers = web.workers() if web.process.poll() is None else []
        web.process.kill()
        web.process.wait()
        wait_until(lambda: not any(lives(pid) for pid in workers), 10)


def both_at_work(web: Web) -> tuple[int, int]:
    """The workers, once each of them answers while the other one sleeps."""
    first, second = web.workers()
    for asleep in (first, second):
        os.kill(asleep, signal.SIGSTOP)
        try:
            wait_until(web.answers, 10)
        finally:
            os.kill(asleep, signal.SIGCONT)
    return first, second


def test_each_worker_answers_and_one_that_is_killed_is_replaced(web: Web) -> None:
    first, second = both_at_work(web)
    for each in (first, second):
        os.kill(each, signal.SIGHUP)  # of somebody who signals the whole group: it is for their parent
    assert all(web.answers() for _ in range(20))
    assert web.workers() == [first, second]
    os.kill(first, signal.SIGKILL)
    assert all(web.answers() for _ in range(20))
    wait_until(lambda: len(web.workers()) == 2 and first not in web.workers(), 10)
    os.kill(second, signal.SIGSTOP)
    try:
        wait_until(web.answers, 8)  # the new one
    finally:
        os.kill(second, signal.SIGCONT)
    assert web.logged() == [f"web worker {first} ended with code -9, unasked; another takes its place"]


def test_a_worker_that_dies_while_it_is_asked_whether_it_lives_is_replaced_at_once(web: Web) -> None:
    first, _ = both_at_work(web)
    os.kill(first, signal.SIGSTOP)
    time.sleep(1.2)  # its parent asks each half second, and waits for the answer now
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(web.workers()) == 2 and first not in web.workers(), 10)
    assert web.logged() == [f"web worker {first} ended with code -9, unasked; another takes its place"]


def test_each_worker_keeps_to_its_share_of_the_processors_and_so_does_who_takes_its_place(web: Web) -> None:
    def where() -> list[set[int]]:
        return [os.sched_getaffinity(pid) for pid in web.workers()]

    expected = sorted(shares(allowed(), 2), key=min)
    wait_until(lambda: sorted(where(), key=min) == expected)
    first, _ = both_at_work(web)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(web.workers()) == 2 and first not in web.workers())
    wait_until(lambda: sorted(where(), key=min) == expected)
    threads = [int(each.name) for each in Path(f"/proc/{web.workers()[0]}/task").iterdir()]
    assert {tuple(os.sched_getaffinity(each)) for each in threads} == {tuple(where()[0])}


@pytest.mark.parametrize(
    ("processors", "workers", "expected"),
    [
        ({0}, 2, [{0}, {0}]),
        ({3, 1}, 2, [{1}, {3}]),
        ({0, 1, 2}, 2, [{0}, {1, 2}]),
        ({0, 1, 2, 3, 4, 5, 6, 7}, 2, [{0, 1, 2, 3}, {4, 5, 6, 7}]),
        ({0, 1}, 3, [{0, 1}] * 3),
        ({4, 5}, 1, [{4, 5}]),
        (set(), 2, [set(), set()]),
    ],
)
def test_a_share_of_the_processors(processors: set[int], workers: int, expected: list[set[int]]) -> None:
    assert shares(processors, workers) == expected


def test_connections_are_dealt_out_evenly_and_anew_when_some_have_left(web: Web) -> None:
    one, other = both_at_work(web)
    held = [Client(web.port) for _ in range(40)]
    try:
        assert {client.sends(hop()).answer()[0] for client in held} == {200}
        assert abs(web.connections(one) - web.connections(other)) <= 4
        for client in held[::2]:
            client.leaves()
        wait_until(lambda: web.connections(one) + web.connections(other) == 20)
        held = [*held[1::2], *(Client(web.port) for _ in range(20))]
        assert {client.sends(hop()).answer()[0] for client in held} == {200}
        assert abs(web.connections(one) - web.connections(other)) <= 4
    finally:
        for client in held:
            client.leaves()
    assert web.logged() == []


def test_a_worker_that_hangs_with_fewer_connections_keeps_nobody_waiting(web: Web) -> None:
    one, other = both_at_work(web)
    held = [Client(web.port).sends(hop()) for _ in range(6)]
    os.kill(one, signal.SIGSTOP)
    try:
        held += [Client(web.port).sends(hop()) for _ in range(20)]
        wait_until(lambda: web.connections(other) >= 20, 5)
    finally:
        os.kill(one, signal.SIGCONT)
    assert {client.answer()[0] for client in held} == {200}
    for client in held:
        client.leaves()
    assert web.logged() == []


def test_new_workers_take_the_places_of_the_old_without_losing_a_hop(web: Web) -> None:
    old, over, done, lost = set(web.workers()), threading.Event(), [0, 0], []

    def ask(caller: int, *, again: bool) -> None:
        client = Client(web.port)
        while not over.is_set():
            try:
                assert client.sends(hop(), pause=0.01).answer()[1][:4] == b"CON "
                done[caller] += 1
            except (OSError, AssertionError) as error:
                lost.append((caller, error))
            if lost or client.is_last or not again:
                client.leaves()
                client = Client(web.port)
        client.leaves()

    callers = [threading.Thread(target=ask, args=(each,), kwargs={"again": each == 1}) for each in (0, 1)]
    for each in callers:
        each.start()
    try:
        web.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(web.workers()) == 2 and not old & set(web.workers()), 40)
    finally:
        over.set()
        for each in callers:
            each.join()
    assert web.published().exists()
    assert lost == []
    assert min(done) > 20
    assert web.logged() == []


def test_what_is_under_way_is_answered_before_the_end(web: Web, database_url: str) -> None:
    half, idle, busy = Client(web.port), Client(web.port), Client(web.port)
    one = hop()
    assert idle.sends(hop()).answer()[0] == 200
    half.sends(one[:-9])
    with psycopg.connect(database_url) as lock:
        lock.execute("LOCK TABLE gateway.person")
        busy.sends(hop(), pause=0.1)
        web.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(web.port), 2)
    assert idle.sends(hop()).answer()[1][:4] == b"CON "
    assert half.sends(one[-9:]).answer()[1][:4] == b"CON "
    assert busy.answer()[1][:4] == b"CON "
    for each in (half, idle, busy):
        assert each.is_closed()
        each.leaves()
    assert web.process.wait(6) == 0
    assert set(web.logged()) <= {"the store is away: open"}  # it is locked


def test_workers_do_not_outlive_a_parent_that_was_killed(web: Web) -> None:
    workers = web.workers()
    with Client(web.port).socket:
        web.process.kill()
        web.process.wait()
        wait_until(lambda: not any(lives(pid) for pid in workers), 10)
    socket.create_server(("127.0.0.1", web.port)).close()
    assert web.logged() == []


def listens(port: int) -> bool:
    """Whether anybody does."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True
