"""Whether this process lives, whether what it needs answers, and whether messages leave and by whom.

Decides: what `/health` and `/ready` say. Must not know: why a dependency is away.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from redis import RedisError

from gateway import line
from gateway.health_board import Board
from gateway.runtime import Runtime
from store.db import StoreUnavailable


@dataclass(frozen=True, slots=True)
class ProviderNow:
    """What the workers say of a provider: why it is closed (None: it is open), and its share of what it may carry."""

    provider: str
    closed: str | None
    share: float


def standings(runtime: Runtime) -> list[ProviderNow]:
    """Every provider that runs here; one of which nobody said anything lately is well. Without Redis, none."""
    try:
        said, now = Board(runtime.redis).read(), runtime.now()
    except RedisError:
        return []
    found = []
    for name in runtime.settings.carriers:
        each = said.get(name)
        closed = each.reason if each and each.closed_until and each.closed_until > now else None
        found.append(ProviderNow(name, closed, each.share if each else 1.0))
    return found


def health(runtime: Runtime) -> Blueprint:
    """GET /health: 200 while the process serves. GET /ready: 200, or 503 naming the dependency that fails.

    A paused line and a closed provider are told and are no failure: what citizens ask is answered, and their messages
    wait in the store.
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
        providers = {} if "redis" in failing else {each.provider: each.closed or "ok" for each in standings(runtime)}
        body = {"status": status, "failing": failing, "line_paused": paused, "providers": providers}
        return jsonify(body | {"content": runtime.content.digest}), 503 if failing else 200

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
