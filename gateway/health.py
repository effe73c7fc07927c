"""Whether this process lives, whether what it needs answers, and whether messages leave.

Decides: what `/health` and `/ready` say. Must not know: why a dependency is away.
"""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify
from redis import RedisError

from gateway import line
from gateway.runtime import Runtime
from store.db import StoreUnavailable


def health(runtime: Runtime) -> Blueprint:
    """GET /health: 200 while the process serves. GET /ready: 200, or 503 naming the dependency that fails.

    A paused line is told and is no failure: what citizens ask is answered, and their messages wait in the store.
    """
    blueprint = Blueprint("health", __name__)
    checks: dict[str, Callable[[], object]] = {"postgresql": runtime.db.ping, "redis": runtime.redis.ping}

    @blueprint.get("/health")
    def alive() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/ready")
    def ready() -> tuple[Response, int]:
        failing = [name for name, check in checks.items() if not _answers(check)]
        paused = None if "redis" in failing else _paused(runtime)
        status = "failing" if failing else "ok"
        body = jsonify(status=status, failing=failing, line_paused=paused, content=runtime.content.digest)
        return body, 503 if failing else 200

    return blueprint


def _answers(check: Callable[[], object]) -> bool:
    try:
        check()
    except (StoreUnavailable, RedisError):
        return False
    return True


def _paused(runtime: Runtime) -> str | None:
    try:
        return line.paused(runtime.redis)
    except RedisError:
        return None
