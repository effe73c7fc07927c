"""When a message is tried again, and when that is given up. Decides from the outcome and the attempts made; pure."""

from datetime import datetime, timedelta

from gateway.providers import Outcome
from store.outbox import Settlement

BACKOFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
HOLD = timedelta(minutes=2)
"""A held message lets the others pass first: the reason may be its own after all (RiskHold)."""


def settlement(
    outcome: Outcome, attempts: int, provider: str, now: datetime, *, elsewhere: bool = False, parts: int | None = None
) -> Settlement:
    """What to write for an outcome; `attempts` were made before this one. A hold has no limit: a person ends it.

    `elsewhere`: another provider can have at once what this one did not take. Tried once; then the table counts. What
    has no way here may go back to the first, which perhaps was only busy.
    """
    result, retry_at = outcome.outcome, None
    if result == "hold":
        retry_at = now if elsewhere else now + HOLD
    elif outcome.unroutable and elsewhere and attempts < 2:
        result, retry_at = "retry", now
    elif result == "retry" and elsewhere and attempts == 0:
        retry_at = now
    elif result == "retry" and attempts < min(len(BACKOFF), (outcome.tries or len(BACKOFF) + 1) - 1):
        retry_at = now + BACKOFF[attempts]
    elif result == "retry":
        result = "failed"
    return Settlement(
        outcome=result,
        provider=provider,
        provider_id=outcome.provider_id,
        code=outcome.code,
        detail=outcome.detail,
        cost=outcome.cost,
        retry_at=retry_at,
        latency_ms=outcome.latency_ms,
        parts=parts,
    )
