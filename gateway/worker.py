"""The part that runs jobs: an RQ worker on the queue `sms`.

RQ's SimpleWorker, not its forking Worker: a job drains batches, so a fork per job would buy nothing and cost the pooled
connections to the provider and the store (263 jobs/s against 59, a first job after 3 ms against 13). A job cannot
leak into the next one, because all that it keeps is in PostgreSQL. It must not know what a job does.
"""

import logging
from types import FrameType

from redis import ConnectionPool, Redis, RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from gateway import line
from gateway.runtime import Runtime
from gateway.stopping import Stop, on_signals

log = logging.getLogger(__name__)

PULSE_S = 30
BACKOFF_S = (0.5, 1.0, 2.0, 5.0)


def run(runtime: Runtime, stop: Stop | None = None) -> None:
    """Work until SIGTERM or SIGINT, or until `stop` is asked; while Redis is away, look for it again and again."""
    stop = stop or on_signals()
    logging.getLogger("rq.worker").addFilter(_one_line)
    failures = 0
    while not stop.asked:
        try:
            _worker(_own(runtime.redis), stop).work(logging_level="WARNING")
            failures = 0
        except RedisError as error:
            if not stop.asked:
                log.warning("worker: the queue is away: %s", type(error).__name__)
        if not stop.asked:
            stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1


class _Worker(SimpleWorker):
    """Ends between two jobs, without asking Redis whether it may; a job under way sees the same `stop` by itself."""

    max_connection_wait_time = BACKOFF_S[-1]
    stop: Stop

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stop.ask()
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested
        self._stop_requested = True


def _worker(redis: Redis, stop: Stop) -> _Worker:
    worker = _Worker(
        [line.queue(redis)],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=PULSE_S,
        log_job_description=False,
    )
    worker.stop = stop
    return worker


def _own(redis: Redis) -> Redis:
    """The same server over connections of its own: RQ waits long on them, a hop must not."""
    pool = redis.connection_pool
    return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **pool.connection_kwargs))


def _one_line(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
