"""The three that are compared: how each is started, and what a session looks like on its wire."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processor import tree
from bench.world import SECRET, World
from gateway.settings import ROOT

HERE = ROOT / "bench"
CACHE = ROOT / ".data" / "bench"
GATEWAY, FLASK, BUILDER = "this gateway", "plain Flask", "ussd-menu-builder"
_HOPS = (
    ("", "CON Welcome to the county desk\\n1 Building\\n2 Water\\n3 Registry\\n", "9 Arabic"),
    ("3", "CON Registry\\n1 New entry\\n2 Check an entry\\n", ""),
    ("1", "CON Enter your 12-digit number\\n", ""),
    ("{n}", "CON Choose district\\n1 Buyende\\n", "6 Wakiso"),
    ("{d}", "CON Check:\\nNew entry\\n", "Number: {n}"),
)
_DONE = {GATEWAY: "END Done. Your request number is\\n", FLASK: "END Done. {n} is recorded."}
_DROPPED = {GATEWAY: "CON Registry\\n", FLASK: "END Cancelled."}


@dataclass(frozen=True)
class Peer:
    """One server: its command for a port and a number of workers, and where it takes hops."""

    name: str
    command: tuple[str, ...]
    path: str
    environment: Mapping[str, str]


def peers(world: World, port: int, workers: int, *, stored: bool) -> list[Peer]:
    """The peers, in the order of a round."""
    granian: tuple[str, ...] = (
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    )
    granian += ("--workers", str(workers), "--blocking-threads", "4", "--backlog", "2048", "--log-level", "error")
    ours = ("-c", f"from gateway import web; web.WORKERS = {workers}; web.serve('127.0.0.1', {port})")
    plain = world.environment(port) | {"PG_URL": world.postgres.url if stored else "", "WORKERS": str(workers)}
    node = plain | {"NODE_PATH": str(CACHE / "menu_builder" / "node_modules")}
    return [
        Peer(BUILDER, ("node", str(HERE / "menu_builder" / "peer.js")), "/ussd", node),
        Peer(GATEWAY, (sys.executable, *ours), f"/at/{SECRET}/ussd", world.environment(port)),
        Peer(FLASK, (*granian, "--factory", "bench.plain_flask:application"), "/ussd", plain),
    ]


def script(peer: Peer, *, stored: bool) -> Path:
    """The session as the load generator reads it: six hops, the last of which stores it, or drops it."""
    last = ("1" if stored else "0", _last(peer, stored=stored), "")
    path = CACHE / f"{peer.name.replace(' ', '-')}-{stored}.script"
    path.write_text("".join("\t".join(hop) + "\n" for hop in (*_HOPS, last)))
    return path


def _last(peer: Peer, *, stored: bool) -> str:
    said = _DONE if stored else _DROPPED
    return said.get(peer.name, said[FLASK])


@contextmanager
def running(peer: Peer, port: int, processors: set[int]) -> Iterator[subprocess.Popen[bytes]]:
    """The peer's processes, on these processors only."""
    log = CACHE / f"{peer.name.replace(' ', '-')}.log"
    before = os.sched_getaffinity(0)
    with log.open("ab") as output:
        os.sched_setaffinity(0, processors)  # inherited
        try:
            process = subprocess.Popen(
                peer.command, env=dict(peer.environment), cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )
        finally:
            os.sched_setaffinity(0, before)
        try:
            _wait(port, process, log)
            yield process
        finally:
            _end(process)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1)  # the second worker
                return
        time.sleep(0.1)
    raise SystemExit(f"it does not start; see {log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    left = tree(process.pid)
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in left[1:]:
        if Path(f"/proc/{pid}").exists():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue


def prepare() -> Path:
    """The load generator compiled and the peer's packages installed, once; the generator's path."""
    CACHE.mkdir(parents=True, exist_ok=True)
    program, source = CACHE / "load", HERE / "load.c"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-o", str(program), str(source)], check=True)
    modules = CACHE / "menu_builder"
    locked = (HERE / "menu_builder" / "package-lock.json").read_bytes()
    if not (modules / "done").exists() or (modules / "done").read_bytes() != locked:
        modules.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / "menu_builder" / name, modules / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=modules, check=True)
        (modules / "done").write_bytes(locked)
    return program
