"""Whether this process lives, and whether what it needs answers.

Decides: what `/health` and `/ready` say. Must not know: why a dependency is away.
"""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify
from redis import RedisError

from gateway.runtime import Runtime
from store.db import StoreUnavailable


def health(runtime: Runtime) -> Blueprint:
    """GET /health: 200 while the process serves. GET /ready: 200, or 503 naming the dependency that fails."""
    blueprint = Blueprint("health", __name__)
    checks: dict[str, Callable[[], object]] = {"postgresql": runtime.db.ping, "redis": runtime.redis.ping}

    @blueprint.get("/health")
    def alive() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/ready")
    def ready() -> tuple[Response, int]:
        failing = [name for name, check in checks.items() if not _answers(check)]
        body = jsonify(status="failing" if failing else "ok", failing=failing, content=runtime.content.digest)
        return body, 503 if failing else 200

    return blueprint


def _answers(check: Callable[[], object]) -> bool:
    try:
        check()
    except (StoreUnavailable, RedisError):
        return False
    return True
