"""What Prometheus reads, who may read it, and that the alerts speak of metrics that exist."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway import line, shared_metrics
from gateway.app import create_app
from gateway.metrics import GAUGES, exposition
from gateway.runtime import Runtime
from gateway.settings import ROOT
from menus.yaml_source import read_yaml
from store import outbox
from store.db import Database
from store.outbox import Settlement
from tests.gateway.outbox_rows import queue
from tests.handset import Handset

Values = dict[tuple[str, tuple[str, ...]], float]


def values(runtime: Runtime) -> Values:
    """(name, label values by the labels' names) -> value."""
    return {
        (sample.name.removeprefix("missan_"), tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(exposition(runtime).decode())
        for sample in family.samples
    }


@pytest.fixture
def sql(database_url: str) -> Callable[..., list[tuple[Any, ...]]]:
    def run(query: str, *given: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), given)
            return cursor.fetchall() if cursor.description else []

    return run


def test_an_empty_store_has_every_queue_at_zero(runtime: Runtime) -> None:
    found = values(runtime)
    for priority in ("0", "1", "2"):
        assert found["queue_messages", (priority,)] == found["queue_oldest_seconds", (priority,)] == 0
    assert found["dependency_up", ("postgresql",)] == found["dependency_up", ("redis",)] == 1
    assert found["line_paused", ("",)] == 0


def test_queues_are_told_by_priority_and_age(runtime: Runtime, sql: Callable[..., list[tuple[Any, ...]]]) -> None:
    for number in range(3):
        queue(runtime.db, number)
    sql("UPDATE gateway.message SET next_attempt_at = now() - interval '90 seconds'")
    sql("UPDATE gateway.message SET next_attempt_at = now() + interval '1 hour' WHERE phone LIKE '%%1'")
    found = values(runtime)
    assert found["queue_messages", ("1",)] == 2
    assert 89 < found["queue_oldest_seconds", ("1",)] < 120
    assert found["queue_waiting_messages", ("1",)] == 1


def test_attempts_are_told_by_provider_outcome_and_code_for_ten_minutes(runtime: Runtime) -> None:
    outcomes = [("sent", "Sent", "IQD 24.0000"), ("sent", "Queued", "IQD 24.0000"), ("failed", "CouldNotRoute", None)]
    for number, (outcome, code, cost) in enumerate(outcomes):
        message = queue(runtime.db, number)
        settlement = Settlement(outcome, "kannel", f"id{number}", code, cost=cost, latency_ms=200)
        with runtime.db.transaction() as tx:
            outbox.claim(tx, 10, runtime.now(), 60)
            outbox.settle(tx, message, settlement, runtime.now())
    found = values(runtime)
    assert found["attempts_recent", ("", "sent", "kannel")] == 2
    assert found["attempts_recent", ("CouldNotRoute", "failed", "kannel")] == 1
    assert found["attempt_recent_seconds", ("kannel", "0.95")] == 0.2
    later = replace(runtime, now=lambda: runtime.now() + timedelta(minutes=11))
    assert not [name for name, _ in values(later) if name == "attempts_recent"]


def test_unsure_unrelayed_and_unanswered_are_told(runtime: Runtime, sql: Callable[..., list[tuple[Any, ...]]]) -> None:
    queue(runtime.db, 1)
    sql("UPDATE gateway.message SET state = 'unsure'")
    sql("INSERT INTO application (service, phone) VALUES ('water', '+9647701234567')")
    found = values(runtime)
    assert found["unsure_messages", ()] == 1
    assert found["events_unrelayed", ()] == 1
    assert found["inbound_unanswered", ()] == 0


def test_a_pause_is_told_with_its_reason(runtime: Runtime, app: Flask) -> None:
    line.pause(runtime.redis, "InsufficientBalance", 60)
    assert values(runtime)["line_paused", ("InsufficientBalance",)] == 1
    answer = app.test_client().get("/ready")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["line_paused"] == "InsufficientBalance"


def test_hops_are_counted_by_their_time(runtime: Runtime, handset: Handset) -> None:
    def count() -> float:
        return values(runtime).get(("hop_seconds_count", ()), 0)

    before = count()
    handset.dial().press("2")
    assert count() == before + 2


def test_a_store_that_is_away_is_a_figure_and_not_a_fault(runtime: Runtime, closed_port_url: str) -> None:
    away = replace(runtime, db=Database(closed_port_url))
    assert values(away)["dependency_up", ("postgresql",)] == 0
    answer = create_app(away).test_client().get("/ready")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["failing"] == ["postgresql"]
    away.db.close()


def test_a_redis_that_is_away_is_a_figure_and_not_a_fault(runtime: Runtime) -> None:
    away = replace(runtime, redis=Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))
    assert values(away)["dependency_up", ("redis",)] == 0
    answer = create_app(away).test_client().get("/ready")
    assert answer.status_code == 503
    assert answer.json is not None
    assert (answer.json["failing"], answer.json["line_paused"]) == (["redis"], None)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.9", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "8.8.8.8"}, 404),
        ("127.0.0.1", {"Forwarded": "for=8.8.8.8"}, 404),
        ("10.0.0.9", {"Authorization": "Bearer wrong"}, 404),
        ("10.0.0.9", {"Authorization": "Bearer a-token-of-tests"}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "8.8.8.8", "Authorization": "Bearer a-token-of-tests"}, 200),
    ],
)
def test_only_this_machine_or_the_token_reads_the_metrics(
    runtime: Runtime, address: str, headers: dict[str, str], status: int
) -> None:
    settings = runtime.settings.model_copy(update={"metrics_token": SecretStr("a-token-of-tests")})
    client = create_app(replace(runtime, settings=settings)).test_client()
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == status


def test_without_a_token_nobody_elsewhere_reads_the_metrics(app: Flask) -> None:
    elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
    for header in ("", "Bearer ", "Bearer"):
        answer = app.test_client().get("/metrics", headers={"Authorization": header}, environ_base=elsewhere)
        assert answer.status_code == 404


def test_a_start_forgets_the_counts_of_the_last_one(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(shared_metrics.VARIABLE, "before")
    shared_metrics.share(tmp_path)
    (tmp_path / "metrics" / "counter_1.db").write_text("x")
    shared_metrics.share(tmp_path)
    assert list((tmp_path / "metrics").iterdir()) == []


def test_alerts_speak_of_metrics_and_labels_that_exist() -> None:
    known = {f"missan_{name}": set(labels) for name, (_, labels) in GAUGES.items()}
    known |= {"missan_dependency_up": {"dependency"}, "missan_line_paused": {"reason"}}
    known |= {"missan_hop_seconds_bucket": {"le"}, "missan_provider_open": {"provider", "reason"}}
    groups = read_yaml(ROOT / "config" / "alerts.yaml", ROOT).values["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for rule in rules:
        for name, labels in re.findall(r"(missan_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            assert name in known, rule["alert"]
            assert set(re.findall(r"(\w+)=~?\"", labels)) <= known[name], rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert f"`{rule['alert']}`" in page
    assert len({rule["alert"] for rule in rules}) == len(rules)
