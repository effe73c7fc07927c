"""Sending, side by side: the whole path against the africastalking SDK in a bare loop on the same peer.

Decides what is measured and prints figures and ratios of the same run, rounds interleaved. `python -m bench.sending`.
"""

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from urllib.request import urlopen

from africastalking.SMS import SMSService

from gateway.carriers import Carriers
from gateway.delivery_rules import Rules
from gateway.jobs import drain_all
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store import outbox
from store.db import Database
from store.migrate import upgrade
from store.outbox import NewMessage
from tests.servers import throw_away

NUMBERS = count(1)
WORKER = """
import sys
from bench.sending import work
work(sys.argv[1], sys.argv[2])
"""


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@contextmanager
def peer(delay_ms: float = 0) -> Iterator[str]:
    """A peer in a process of its own; its address."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.provider_peer", str(delay_ms)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
    finally:
        child.terminate()
        child.wait(5)
        child.stdout.close()


def seen(url: str) -> dict[str, int]:
    """How many requests and messages the peer took, and how many twice."""
    with urlopen(f"{url}/seen") as answer:  # noqa: S310
        found = json.load(answer)
    return {name: found[name] for name in ("requests", "messages", "twice")}


def queue(db: Database, number: int, text: Callable[[int], str], priority: int) -> None:
    """Put messages into the outbox, each for a phone of its own."""
    for first in range(0, number, 5000):
        ids = [next(NUMBERS) for _ in range(min(5000, number - first))]
        new = [NewMessage(f"+9647{n:09d}", "ar", "ack", text(n), 1, priority) for n in ids]
        with db.transaction() as tx:
            outbox.insert_all(tx, new, now())


def carriers(url: str) -> Carriers:
    """One provider, as a worker has it."""
    return Carriers([AfricasTalking("missan", "key", "MISSAN", url)], Rules(), random.random)


def work(database: str, url: str) -> None:
    """A worker process: drains until nothing is left, when its input says so."""
    db, carrying = Database(database), carriers(url)
    db.ping()
    print("ready", flush=True)
    sys.stdin.readline()
    handled = 0
    while (drained := drain_all(db, carrying, now, Stop())).handled:
        handled += drained.handled
    print(handled, flush=True)


def workers(number: int, database: str, url: str) -> float:
    """Messages a second of so many worker processes, on what is queued; they start together, warm."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, database, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(number)
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    started = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    handled = sum(int(child.communicate()[0]) for child in children)
    return handled / (time.perf_counter() - started)


def sdk_loop(url: str, number: int) -> float:
    """Messages a second of the unmodified SDK, one call after the other."""
    service = SMSService("missan", "key")
    service._baseUrl = f"{url}/version1"
    started = time.perf_counter()
    for _ in range(number):
        n = next(NUMBERS)
        service.send(f"طلبك {n} قيد المراجعة", [f"+9647{n:09d}"], "MISSAN")
    return number / (time.perf_counter() - started)


def one_round(database: str, url: str, size: int) -> dict[str, float]:
    """Messages a second of each contender, one after the other."""
    db = Database(database)
    rates = {"SDK loop": sdk_loop(url, size // 2)}
    for name, processes, same in (
        ("1 worker", 1, False),
        ("2 workers", 2, False),
        ("1 worker, one text", 1, True),
        ("2 workers, one text", 2, True),
    ):
        number = size * processes * (10 if same else 1)
        queue(db, number, (lambda _: "تتوفر بذور الموسم") if same else _own_text, 2 if same else 1)
        rates[name] = workers(processes, database, url)
    db.close()
    return rates


def _own_text(number: int) -> str:
    return f"طلبك {number} قيد المراجعة. للمتابعة *964#"


TARGETS = {
    "1 worker": ("SDK loop", 0.8),
    "2 workers": ("1 worker", 1.6),
    "1 worker, one text": ("SDK loop", 20.0),
    "2 workers, one text": ("SDK loop", 20.0),
}


def run(rounds: int = 3, size: int = 3000) -> None:
    """Print medians, and ratios of the same round; bounded to about two minutes."""
    with throw_away(upgrade) as servers, peer() as url:
        database = servers.create("sending", template="template")
        found = [one_round(database, url, size) for _ in range(rounds)]
        print(f"sending: {rounds} rounds of {size} messages (one text: {size * 10}), peer without delay")
        for name in found[0]:
            rates = [each[name] for each in found]
            shown = f"{name:22}{statistics.median(rates):9.0f} messages/s [{min(rates):.0f}-{max(rates):.0f}]"
            if name in TARGETS:
                base, target = TARGETS[name]
                ratios = [each[name] / each[base] for each in found]
                shown += f"   x {base}: {statistics.median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"
                shown += f" target {target}"
            print(shown)
        print("peer:", json.dumps(seen(url)))


if __name__ == "__main__":
    run()
