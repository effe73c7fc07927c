"""The send line as Redis knows it: a wake-up that is never lost and never piles up, and a pause.

Redis only carries hints. Losing all of it costs a wake-up until the relay's next look (2 s), or a pause until the
provider refuses the next message; no message is lost or repeated by it. All functions raise redis.RedisError.

The wake-up: `wake` sets a flag and enqueues one job; while the flag stands, later wake-ups are the same wake-up. The
job takes the flag down *before* it claims, so whatever was committed before a refused `wake` is seen by that claim,
and whatever is committed later finds the flag down. The flag expires, lest a job lost on its way silence the line;
then the queue's length says whether a job is still to come.
"""

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "sms"
JOB = "gateway.jobs.drain"
WAKE_FLAG = "sms:drain"
WAKE_FLAG_S = 5
PAUSE_FLAG = "sms:paused"
JOB_TIMEOUT_S = 120


def queue(redis: Redis) -> Queue:
    """The one queue of jobs; JSON, so that a written job can run nothing but a named function."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer)


def wake(redis: Redis, job: str = JOB) -> bool:
    """See to it that a drain starts after now; tells whether a job had to be enqueued for it."""
    if redis.exists(PAUSE_FLAG) or not redis.set(WAKE_FLAG, "1", nx=True, ex=WAKE_FLAG_S):
        return False
    jobs = queue(redis)
    if jobs.count:
        return False
    jobs.enqueue(job, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600, description="drain")
    return True


def begin(redis: Redis) -> bool:
    """To be called by the job before it claims: from here on a wake-up means a new job. False while paused."""
    redis.delete(WAKE_FLAG)
    return not redis.exists(PAUSE_FLAG)


def pause(redis: Redis, reason: str, seconds: int) -> None:
    """No drain for `seconds`; `reason` is for people."""
    redis.set(PAUSE_FLAG, reason, ex=seconds)


def paused(redis: Redis) -> str | None:
    """Why the line stands still, or None when it does not."""
    reason = redis.get(PAUSE_FLAG)
    return reason.decode() if isinstance(reason, bytes) else reason


def resume(redis: Redis) -> None:
    """End a pause at once."""
    redis.delete(PAUSE_FLAG)
