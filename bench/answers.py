"""How long a citizen waits for the answer to HELP while the office's systems change thousands of cases at once.

Decides what is measured and prints it: web, relay and worker run as they do in production, 100,000 notices and
broadcasts are queued, one UPDATE changes 15,000 cases, and somebody asks every half second. `python -m bench.answers`.
"""

import statistics
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg

from bench.queued_million import fill
from bench.sending import peer
from bench.whole_path import INSERT, arrived, environment, part
from bench.world import SECRET
from gateway.ports import any_port
from store.db import Database
from store.migrate import upgrade
from tests.servers import throw_away

QUEUED, CHANGED, ASKED = 100_000, 15_000, 40
EVERY_S = 0.5
FIRST = 800_000_000
"""Who asks has phones of their own, which no queued message is for."""
_BULK = "UPDATE application SET state = 'DOCS_REQUIRED' WHERE service = 'water' AND state = 'SUBMITTED'"


def ask(web: str, number: int) -> float:
    """An incoming SMS with HELP; when it was sent."""
    form = {"from": f"+9647{number:09d}", "to": "5599", "text": "HELP", "id": f"help-{number}", "date": ""}
    sent = time.time()
    with urlopen(Request(f"{web}/at/{SECRET}/sms", urlencode(form).encode()), timeout=60):  # noqa: S310
        return sent


def serving(web: str) -> None:
    """Wait for the web part."""
    for _ in range(200):
        try:
            with urlopen(f"{web}/health", timeout=2):  # noqa: S310
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("the web part does not serve")


def waits(web: str, url: str, first: int, times: int) -> list[float]:
    """Seconds from each question to the provider's receipt of its answer, one asked every half second."""
    asked = []
    for number in range(first, first + times):
        asked.append((number, ask(web, number)))
        time.sleep(EVERY_S)
    return sorted(arrived(url, number) - at for number, at in asked)


def show(name: str, took: list[float]) -> None:
    """One line."""
    print(f"{name:46} median {statistics.median(took):6.2f} s, longest {took[-1]:6.2f} s", flush=True)


def run(delay_ms: float = 50) -> None:
    """Print the figures; about two minutes. `delay_ms` is how long the provider thinks."""
    with ExitStack() as stack:
        servers = stack.enter_context(throw_away(upgrade))
        url = stack.enter_context(peer(delay_ms))
        address, port = servers.create("answers", template="template"), any_port()
        web = f"http://127.0.0.1:{port}"
        env = environment(servers, address, url) | {
            "PORT": str(port),
            "CALLBACK_SECRETS": SECRET,
            "DATA_DIR": stack.enter_context(TemporaryDirectory(prefix="missan-answers-")),
        }
        subprocess.run([sys.executable, "-m", "gateway", "migrate"], env=env, check=True, stdout=subprocess.DEVNULL)
        database = stack.enter_context(psycopg.connect(address, autocommit=True))
        database.execute(INSERT, [1, CHANGED])
        database.execute("UPDATE gateway.event SET relayed_at = now()")
        for name in ("web", "relay", "worker"):
            stack.enter_context(part(name, env))
        serving(web)
        show("idle", waits(web, url, FIRST, 10))
        db = Database(address)
        fill(db, 1_000_000, 1_000_000 + QUEUED)
        db.close()
        show(f"{QUEUED:,} queued", waits(web, url, FIRST + 100, ASKED // 2))
        bulk = threading.Thread(target=database.execute, args=[_BULK])
        bulk.start()
        show(f"{QUEUED:,} queued, {CHANGED:,} cases changed at once", waits(web, url, FIRST + 200, ASKED))
        bulk.join()
        left = database.execute("SELECT count(*) FROM gateway.event WHERE relayed_at IS NULL").fetchone()
        print(f"changes still without a message: {left[0] if left else 0:,}")


if __name__ == "__main__":
    run(float(sys.argv[1]) if len(sys.argv) > 1 else 50)
