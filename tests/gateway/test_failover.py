"""Two providers: who gets what, when traffic moves and comes back, and that no message goes to both by chance."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateway.delivery_rules import Route, Rules
from gateway.jobs import drain_all
from gateway.provider_health import LEAST_SHARE, SILENCE_PAUSE, Health
from gateway.providers import Outcome, Outgoing, Result
from gateway.stopping import Stop
from store.db import Database
from tests.gateway.carrying import Scripted, carrying, drain_once
from tests.gateway.outbox_rows import NOW, now, phone, queue, states


def saying(name: str, outcome: Result, code: str = "", latency_ms: int = 5) -> Scripted:
    """A provider with one word for everything."""

    def send(messages: Sequence[Outgoing]) -> list[Outcome]:
        taken = outcome == "sent"
        return [
            Outcome(m.id, outcome, f"{name}-{m.id}" if taken else None, code, latency_ms=latency_ms) for m in messages
        ]

    return Scripted(send, name)


def providers_of(db: Database) -> list[str | None]:
    with db.transaction() as tx:
        return list(tx.execute(sa.text("SELECT provider FROM gateway.message ORDER BY id")).scalars())


@pytest.mark.parametrize(("result", "code"), [("retry", "connect"), ("retry", "GatewayError"), ("hold", "http_401")])
def test_what_the_first_surely_did_not_take_goes_to_the_second_at_once(db: Database, result: Result, code: str) -> None:
    for number in range(6):
        queue(db, number)
    first, second = saying("africastalking", result, code), saying("kannel", "sent")
    drained = drain_all(db, carrying(first, second), now, Stop())
    assert states(db) == ["sent"] * 6
    assert providers_of(db) == ["kannel"] * 6
    assert drained.pause is None


@pytest.mark.parametrize("code", ["timeout", "lost", "http_500", "not_listed"])
def test_what_the_first_may_have_taken_is_never_given_to_the_second(db: Database, code: str) -> None:
    for number in range(6):
        queue(db, number)
    first, second = saying("africastalking", "unsure", code), saying("kannel", "sent")
    drain_all(db, carrying(first, second), now, Stop())
    given = {message.id for message in first.given} & {message.id for message in second.given}
    assert first.given
    assert given == set()
    assert set(states(db)) <= {"unsure", "sent"}


def test_three_silences_move_all_traffic(db: Database) -> None:
    for number in range(40):
        queue(db, number)
    first, second = saying("africastalking", "unsure", "timeout"), saying("kannel", "sent")
    drain_all(db, carrying(first, second), now, Stop())
    assert states(db).count("unsure") <= 3
    assert len(second.given) >= 37


def test_only_when_nobody_can_be_asked_does_the_line_pause(db: Database) -> None:
    for number in range(3):
        queue(db, number)
    pair = carrying(saying("africastalking", "hold", "http_401"), saying("kannel", "retry", "connect"))
    moments = [NOW + timedelta(minutes=3 * step) for step in range(4)]
    drained = [drain_all(db, pair, lambda moment=moment: moment, Stop()) for moment in moments]  # type: ignore[misc]
    assert {each.pause for each in drained} >= {"connect"}
    assert states(db) == ["queued"] * 3


def test_a_message_goes_by_its_prefix_and_class(db: Database) -> None:
    rules = Rules(
        routes=(
            Route(prefixes=(phone(1)[:7],), classes=("notice",), providers=("kannel", "africastalking")),
            Route(providers=("africastalking",)),
        )
    )
    pair = carrying(saying("africastalking", "sent"), saying("kannel", "sent"), rules=rules)
    assert pair.choose(phone(1), 1, None, NOW) == "kannel"
    assert pair.choose(phone(1), 0, None, NOW) == "africastalking"
    assert pair.choose("+9647800000000", 1, None, NOW) == "africastalking"


def test_a_message_whose_only_provider_is_closed_waits_for_it_and_blocks_nobody(db: Database) -> None:
    rules = Rules(routes=(Route(prefixes=(phone(1),), providers=("kannel",)),))
    refused, well = saying("kannel", "hold", "http_403"), saying("africastalking", "sent")
    queue(db, 1)
    queue(db, 2)
    pair = carrying(well, refused, rules=rules)
    for _ in range(3):
        drain_all(db, pair, now, Stop())
    assert states(db) == ["queued", "sent"]
    assert len(refused.given) == 1


def test_a_wanted_provider_that_does_not_run_is_passed_over(db: Database) -> None:
    rules = Rules(routes=(Route(providers=("kannel",)),))
    queue(db, 1)
    drain_once(db, carrying(saying("africastalking", "sent"), rules=rules), now)
    assert states(db) == ["sent"]


def answer(latency_ms: int = 5, code: str = "") -> list[Outcome]:
    return [Outcome(1, "sent" if not code else "unsure", code=code, latency_ms=latency_ms)]


def test_a_slow_provider_loses_traffic_and_gets_it_back_by_and_by() -> None:
    health = Health(16)
    for _ in range(10):
        health.saw(answer(latency_ms=6000), NOW)
    low = health.share
    assert low < 0.1
    shares = []
    for _ in range(25):
        health.saw(answer(), NOW)
        shares.append(health.share)
    assert shares == sorted(shares)
    assert shares[4] < 0.5
    assert shares[-1] == 1.0


def test_a_provider_that_was_closed_comes_back_with_one_request_and_a_small_share() -> None:
    health = Health(16)
    for _ in range(8):
        health.saw(answer(), NOW)
    assert health.window == 16
    for _ in range(3):
        health.saw(answer(code="timeout"), NOW)
    assert not health.open(NOW)
    later = NOW + SILENCE_PAUSE
    assert health.open(later)
    assert (health.window, health.share) == (1, LEAST_SHARE)
    health.saw(answer(), later)
    assert health.window == 2


def test_faults_of_the_server_count_against_it() -> None:
    health = Health(16)
    for _ in range(5):
        health.saw(answer(code="http_500"), NOW)
    assert health.share < 0.2
