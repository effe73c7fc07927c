"""The whole path with the parts as they run: another system's commit, event, message, claim, request, acceptance.

Decides what is measured and prints it: how long a single change takes on an idle gateway, and how many changes a second
come through, against the bare SDK loop on the same peer. `python -m bench.whole_path`.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.request import urlopen

import psycopg

from bench.sending import peer, sdk_loop
from store.migrate import upgrade
from tests.servers import Servers, throw_away

INSERT = """
    INSERT INTO application (service, phone, place)
    SELECT 'water', '+9647' || to_char(n, 'FM000000000'), '10' FROM generate_series(%s::int, %s::int) AS n"""
PATIENCE_S = 60
WARM = 5


def environment(servers: Servers, database: str, url: str) -> dict[str, str]:
    """What the parts find in theirs: this run's servers and peer, and no night."""
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": servers.redis_number(0),
        "PROVIDER": "africastalking",
        "AT_BASE_URL": url,
        "AT_USERNAME": "missan",
        "AT_API_KEY": "key",
        "CALLBACK_SECRETS": "a-secret-of-the-bench",
        "QUIET_HOURS": "",
    }


@contextmanager
def part(name: str, env: Mapping[str, str]) -> Iterator[None]:
    """A part of the gateway in a process of its own, until the block ends."""
    child = subprocess.Popen([sys.executable, "-m", "gateway", name], env=dict(env), stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        child.wait(30)


def arrivals(url: str) -> dict[str, float]:
    """When the last request for each phone came in, seconds since the epoch."""
    with urlopen(f"{url}/seen") as answer:  # noqa: S310
        found: dict[str, float] = json.load(answer)["at"]
    return found


def commit(database: psycopg.Connection, first: int, last: int) -> float:
    """Applications of phones first..last in one transaction of another system; when it had committed."""
    database.execute(INSERT, [first, last])
    return time.time()


def arrived(url: str, number: int) -> float:
    """When the message for this phone came to the peer; TimeoutError."""
    end = time.monotonic() + PATIENCE_S
    phone = f"+9647{number:09d}"
    while (at := arrivals(url).get(phone)) is None:
        if time.monotonic() > end:
            raise TimeoutError(f"no message came within {PATIENCE_S} s")
        time.sleep(0.02)
    return at


def idle(database: psycopg.Connection, url: str, times: int) -> list[float]:
    """Milliseconds from a commit to the provider's receipt of the request, one change at a time."""
    took = []
    for number in range(1, times + 1):
        committed = commit(database, number, number)
        took.append((arrived(url, number) - committed) * 1000)
        time.sleep(0.05)
    return sorted(took[WARM:])


def burst(database: psycopg.Connection, url: str, first: int, size: int) -> float:
    """Changes a second, from one commit of many to the provider's receipt of the last message."""
    started = commit(database, first, first + size - 1)
    end = time.monotonic() + PATIENCE_S
    wanted = {f"+9647{number:09d}" for number in range(first, first + size)}
    while len(wanted & (at := arrivals(url)).keys()) < size:
        if time.monotonic() > end:
            raise TimeoutError(f"{len(wanted & at.keys())} of {size} came within {PATIENCE_S} s")
        time.sleep(0.2)
    return size / (max(at[phone] for phone in wanted) - started)


def run(times: int = 65, size: int = 2000, rounds: int = 3) -> None:
    """Print the figures; about a minute."""
    with ExitStack() as stack:
        servers = stack.enter_context(throw_away(upgrade))
        url = stack.enter_context(peer())
        address = servers.create("path", template="template")
        env = environment(servers, address, url)
        subprocess.run([sys.executable, "-m", "gateway", "migrate"], env=env, check=True, stdout=subprocess.DEVNULL)
        for name in ("relay", "worker"):
            stack.enter_context(part(name, env))
        database = stack.enter_context(psycopg.connect(address, autocommit=True))
        took = idle(database, url, times)
        p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
        print(
            f"commit to provider, idle: median {statistics.median(took):.0f} ms (target 50), "
            f"p99 {p99:.0f} ms (target 250), {len(took)} changes"
        )
        found = [(sdk_loop(url, size // 2), burst(database, url, 10_000 * turn, size)) for turn in range(1, rounds + 1)]
        ratios = [path / sdk for sdk, path in found]
        print(
            f"whole path, 1 relay and 1 worker: {statistics.median(path for _, path in found):.0f} changes/s; "
            f"SDK loop {statistics.median(sdk for sdk, _ in found):.0f} messages/s; "
            f"ratio {statistics.median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"
        )


if __name__ == "__main__":
    run()
