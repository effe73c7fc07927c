"""The worker as a process of its own: it runs jobs, ends when asked, and outlives its Redis."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from gateway import line
from gateway.valkey import start_valkey
from tests.gateway.test_relay import until

ROOT = Path(__file__).parents[2]
WORK = """
import sys
from types import SimpleNamespace
from redis import Redis
from gateway import worker
worker.run(SimpleNamespace(redis=Redis.from_url(sys.argv[1])))
"""


def mark() -> None:
    """The job: leave a mark."""
    with Redis.from_url(os.environ["MARKS"]) as redis:
        redis.incr("marks")


def mark_slowly() -> None:
    """The job: leave a mark, a second, and another mark."""
    mark()
    time.sleep(1)
    mark()


@contextmanager
def working(url: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-c", WORK, url], cwd=ROOT, env={**os.environ, "MARKS": url}, stderr=subprocess.PIPE
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def job(function: str) -> str:
    return f"tests.gateway.test_worker.{function}"


def marks(redis: Redis) -> int:
    try:
        return int(redis.get("marks") or 0)
    except RedisError:
        return -1


def ended(child: subprocess.Popen[bytes]) -> tuple[int, str]:
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=8)
    return child.returncode, said.decode()


def test_a_worker_runs_jobs_quietly_and_ends_when_asked(redis: Redis, redis_url: str) -> None:
    with working(redis_url) as child:
        line.wake(redis, job("mark"))
        assert until(lambda: marks(redis) == 1)
        assert ended(child) == (0, "")


def test_a_job_under_way_is_finished_first(redis: Redis, redis_url: str) -> None:
    with working(redis_url) as child:
        line.wake(redis, job("mark_slowly"))
        assert until(lambda: marks(redis) == 1)
        assert ended(child) == (0, "")
    assert marks(redis) == 2


def test_a_worker_outlives_its_redis(tmp_path: Path) -> None:
    server = start_valkey(tmp_path, durable=False)
    with working(server.url) as child, Redis.from_url(server.url) as redis:
        line.wake(redis, job("mark"))
        assert until(lambda: marks(redis) == 1)
        server.stop()
        time.sleep(1.5)
        server = start_valkey(tmp_path, durable=False)
        line.wake(redis, job("mark"))
        assert until(lambda: marks(redis) == 1, 20)
        server.stop()
        time.sleep(0.5)
        code, said = ended(child)
    assert code == 0
    assert "Traceback" not in said
