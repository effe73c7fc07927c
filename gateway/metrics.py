"""/metrics for Prometheus: hop latency of every web process, and what the store says of queues and sending.

Decides: names, labels, who may read. Hops are counted where they happen, in files that the web processes share
(`prometheus_client`'s multiprocess mode); everything else is read from the store when it is asked for, so no other
process has to be reached and a restart forgets nothing. Must not know: what is too much (config/alerts.yaml).
"""

import hmac
import logging
import os
from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis import RedisError

from gateway import line
from gateway.health import standings
from gateway.runtime import Runtime
from gateway.shared_metrics import VARIABLE
from store import gauges
from store.db import StoreUnavailable

log = logging.getLogger(__name__)

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8)
"""Seconds; a hop has 8 in all."""

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "queue_messages": ("messages that are due, by priority: 0 answers, 1 notices, 2 broadcasts", ("priority",)),
    "queue_oldest_seconds": ("how long the oldest due message has been due", ("priority",)),
    "queue_waiting_messages": ("messages that wait for their time: a retry, the morning", ("priority",)),
    "under_way_messages": ("messages in the hands of a worker", ("state",)),
    "unsure_messages": ("messages of which nobody knows whether the provider took them", ()),
    "unsure_oldest_seconds": ("age of the oldest of these", ()),
    "events_unrelayed": ("changes of cases without a message yet", ()),
    "events_unrelayed_oldest_seconds": ("age of the oldest of these", ()),
    "inbound_unanswered": ("texts of citizens without an answer yet", ()),
    "inbound_unanswered_oldest_seconds": ("age of the oldest of these", ()),
    "attempts_recent": ("attempts to send in the last 10 minutes", ("provider", "outcome", "code")),
    "attempts_recent_parts": ("SMS segments of these", ("provider", "outcome", "code")),
    "attempt_recent_seconds": ("how long the provider took to answer these", ("provider", "quantile")),
    "cost_recent": ("what providers charged in the last 10 minutes", ("provider", "currency")),
    "reports_recent": ("delivery reports of the last 10 minutes", ("provider", "final", "reason")),
    "broadcast_waiting": ("phones of a running broadcast that are not queued yet", ("broadcast",)),
}
"""Name without its prefix -> what it is, labels."""

HOPS = Histogram(
    "missan_hop_seconds", "time to answer one USSD hop", buckets=BUCKETS, registry=CollectorRegistry(auto_describe=True)
)


def metrics(runtime: Runtime) -> Blueprint:
    """GET /metrics, for a reader on this machine or with METRICS_TOKEN; for anybody else there is no such page."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def read() -> Response:
        if not _may_read(runtime.settings.metrics_token.get_secret_value()):
            abort(404)
        return Response(exposition(runtime), 200, content_type=CONTENT_TYPE_LATEST)

    return blueprint


def exposition(runtime: Runtime) -> bytes:
    """Everything, in Prometheus's text form."""
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get(VARIABLE):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(HOPS)
    registry.register(_StoreCollector(runtime))
    return generate_latest(registry)


def _may_read(token: str) -> bool:
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    # A proxy on this machine speaks for the whole world, and says so in one of these headers.
    near = request.remote_addr in ("127.0.0.1", "::1")
    return near and not any(name in request.headers for name in FORWARDED)


def _gauge(name: str) -> GaugeMetricFamily:
    about, labels = GAUGES[name]
    return GaugeMetricFamily(f"missan_{name}", about, labels=labels)


class _StoreCollector(Collector):
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; where a server is away, only that it is."""
        up = GaugeMetricFamily("missan_dependency_up", "whether it answers", labels=["dependency"])
        families = {name: _gauge(name) for name in GAUGES}
        try:
            with self._runtime.db.transaction() as tx:
                found = list(gauges.figures(tx, self._runtime.now()))
        except StoreUnavailable:
            found = []
            up.add_metric(["postgresql"], 0)
        else:
            up.add_metric(["postgresql"], 1)
        for figure in found:
            families[figure.name].add_metric(figure.labels, figure.value)
        yield from families.values()
        yield from self._providers()
        yield self._line(up)
        yield up

    def _providers(self) -> Iterator[GaugeMetricFamily]:
        about = "whether it may be asked, and why not"
        opened = GaugeMetricFamily("missan_provider_open", about, labels=["provider", "reason"])
        share = GaugeMetricFamily("missan_provider_share", "of what it would carry if well", labels=["provider"])
        for each in standings(self._runtime):
            opened.add_metric([each.provider, each.closed or ""], 0 if each.closed else 1)
            share.add_metric([each.provider], each.share)
        yield from (opened, share)

    def _line(self, up: GaugeMetricFamily) -> GaugeMetricFamily:
        paused = GaugeMetricFamily("missan_line_paused", "whether sending is paused, and why", labels=["reason"])
        try:
            reason = line.paused(self._runtime.redis)
        except RedisError:
            up.add_metric(["redis"], 0)
            return paused
        up.add_metric(["redis"], 1)
        paused.add_metric([reason or ""], 1 if reason else 0)
        return paused
