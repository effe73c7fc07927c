"""Broadcasts by the API: whom they reach, what they cost, who may start them, and that they can be stopped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gateway.broadcasting import feed_once
from gateway.runtime import Runtime
from handlers import broadcasts as rules
from handlers.feeding import Fed, feed
from menus.notices import QuietHours
from store import people
from tests.gateway.audience import TEXTS, applicant, citizen, proposal
from tests.gateway.office import Desk, Office, problem

NOON = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)


@pytest.fixture
def author(office: Office) -> Desk:
    return office.hire("Ahmed", rules.AUTHOR)


@pytest.fixture
def director(office: Office) -> Desk:
    return office.hire("Zahra", rules.APPROVER)


@pytest.fixture
def sql(database_url: str) -> Callable[..., list[tuple[Any, ...]]]:
    def run(query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return run


def fed(runtime: Runtime, now: datetime, quiet: QuietHours | None = None) -> Fed:
    with runtime.db.transaction() as tx:
        context = runtime.context(tx)
        return feed(replace(context, content=replace(context.content, quiet=quiet), now=now))


def started(author: Desk, director: Desk, **changes: Any) -> int:
    number = author.post("/broadcasts", proposal(**changes)).json["id"]  # type: ignore[index]
    assert director.post(f"/broadcasts/{number}/actions", {"action": "approve"}).status_code == 200
    return int(number)


def broadcast_messages(sql: Callable[..., list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    return sql(
        "SELECT phone, text, language, priority, state FROM gateway.message WHERE kind = 'broadcast' ORDER BY id"
    )


def test_only_those_who_asked_for_news_and_did_not_stop_are_meant(
    runtime: Runtime, office: Office, author: Desk
) -> None:
    applicant(office, 2, "en")
    wanting, consenting, stopped = citizen(runtime, 1), citizen(runtime, 3, news=False), citizen(runtime, 4)
    citizen(runtime, 5)  # without a case
    for phone in (wanting, wanting, consenting, stopped):
        office.case(phone=phone)
    with runtime.db.transaction() as tx:
        people.stop(tx, stopped, runtime.now())
    preview = author.post("/broadcasts/preview", proposal()).json
    assert preview is not None
    assert preview["phones"] == {"ar": 1, "en": 1}


@pytest.mark.parametrize(
    ("audience", "count"),
    [
        ({"services": ["water"]}, 2),
        ({"services": ["water"], "places": ["20"]}, 1),
        ({"services": ["water"], "answers": {"use": ["home"]}}, 1),
        ({"services": ["water"], "answers": {"use": ["home", "shop"]}}, 2),
        ({"services": ["water"], "status": "closed"}, 1),
        ({"services": ["water"], "status": "open"}, 1),
    ],
)
def test_the_audience_is_picked_by_service_place_answers_and_state(
    runtime: Runtime,
    office: Office,
    author: Desk,
    sql: Callable[..., list[tuple[Any, ...]]],
    audience: dict[str, Any],
    count: int,
) -> None:
    office.case(phone=citizen(runtime, 1), place="20")
    closed = office.case(phone=citizen(runtime, 2), use="shop")
    sql("UPDATE application SET state = 'WITHDRAWN' WHERE reference = %s", closed)
    answer = author.post("/broadcasts/preview", proposal(audience=audience))
    assert answer.status_code == 200, answer.text
    assert sum(answer.json["phones"].values()) == count  # type: ignore[index]


def test_the_preview_tells_segments_parts_cost_and_minutes_and_queues_nothing(
    runtime: Runtime, office: Office, author: Desk, sql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    for number, language in enumerate(("ar", "ar", "en")):
        applicant(office, number, language)
    sql("UPDATE gateway.message SET cost = 'IQD 24.0000', parts = 1")
    texts = {"ar": "م" * 100, "en": "w" * 100}
    answer = author.post("/broadcasts/preview", proposal(texts=texts, parts_per_minute=2)).json
    assert answer == {
        "phones": {"ar": 2, "en": 1},
        "segments": {"ar": 2, "en": 1},
        "parts": {"ar": 4, "en": 1},
        "cost": {"ar": 96.0, "en": 24.0},
        "currency": "IQD",
        "minutes": 3,
    }
    assert broadcast_messages(sql) == []


def test_nothing_is_sent_before_a_second_officer_approves(
    runtime: Runtime, office: Office, author: Desk, director: Desk, sql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    phone, english = applicant(office, 1), applicant(office, 2, "en")
    number = author.post("/broadcasts", proposal()).json["id"]  # type: ignore[index]
    assert fed(runtime, NOON) == Fed()
    problem(author.post(f"/broadcasts/{number}/actions", {"action": "approve"}), 403, "forbidden")
    assert director.post(f"/broadcasts/{number}/actions", {"action": "approve"}).json["state"] == "running"  # type: ignore[index]
    assert fed(runtime, NOON).queued == 1
    assert fed(runtime, NOON + timedelta(seconds=1)).queued == 1
    assert sorted(broadcast_messages(sql)) == [
        (phone, TEXTS["ar"], "ar", 2, "queued"),
        (english, TEXTS["en"], "en", 2, "queued"),
    ]
    opened = director.get(f"/broadcasts/{number}").json
    assert opened is not None
    assert (opened["state"], opened["progress"]) == ("done", {"queued": {"phones": 2, "parts": 2}})
    assert [(step["action"], step["by"]) for step in opened["steps"]] == [
        ("propose", "Ahmed"),
        ("approve", "Zahra"),
        ("done", "system"),
    ]


def test_an_author_who_is_a_director_too_needs_somebody_else(office: Office) -> None:
    both = office.hire("Huda", rules.AUTHOR, rules.APPROVER)
    number = both.post("/broadcasts", proposal()).json["id"]  # type: ignore[index]
    problem(both.post(f"/broadcasts/{number}/actions", {"action": "approve"}), 403, "own_case")
    assert "approve" not in both.get(f"/broadcasts/{number}").json["actions"]  # type: ignore[index]


def test_the_pace_is_kept_and_a_phone_gets_it_once(
    runtime: Runtime, office: Office, author: Desk, director: Desk, sql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    for number in range(10):
        office.case(phone=citizen(runtime, number))
    number = started(author, director, parts_per_minute=6)
    queued = []
    for second in range(0, 101, 5):
        queued.append(fed(runtime, NOON + timedelta(seconds=second)).queued)
        sql("UPDATE gateway.message SET state = 'sent'")
    assert sum(queued) == 10
    assert max(queued) == 1
    assert queued[:4] == [1, 0, 1, 0]
    phones = [row[0] for row in broadcast_messages(sql)]
    assert len(set(phones)) == len(phones) == 10
    assert author.get(f"/broadcasts/{number}").json["state"] == "done"  # type: ignore[index]


def test_a_feeder_that_was_away_does_not_make_up_for_an_hour_at_once(
    runtime: Runtime, office: Office, author: Desk, director: Desk
) -> None:
    for number in range(10):
        office.case(phone=citizen(runtime, number))
    started(author, director, parts_per_minute=6)
    assert fed(runtime, NOON).queued == 1
    assert fed(runtime, NOON + timedelta(hours=1)).queued == 2


def test_what_the_providers_cannot_keep_up_with_stays_where_it_can_be_stopped(
    runtime: Runtime, office: Office, author: Desk, director: Desk
) -> None:
    for number in range(10):
        office.case(phone=citizen(runtime, number))
    started(author, director, parts_per_minute=3)
    total = sum(fed(runtime, NOON + timedelta(seconds=20 * turn)).queued for turn in range(9))
    assert total == 3


def test_pause_resume_and_cancel_stop_what_is_not_queued(
    runtime: Runtime, office: Office, author: Desk, director: Desk
) -> None:
    for number in range(5):
        office.case(phone=citizen(runtime, number))
    number = started(author, director, parts_per_minute=60)

    def step(action: str) -> str:
        return str(author.post(f"/broadcasts/{number}/actions", {"action": action}).json["state"])  # type: ignore[index]

    assert fed(runtime, NOON).queued == 1
    assert step("pause") == "paused"
    assert fed(runtime, NOON + timedelta(seconds=5)).queued == 0
    assert step("resume") == "running"
    assert fed(runtime, NOON + timedelta(seconds=5)).queued == 4 or step("cancel") == "cancelled"
    other = started(author, director, parts_per_minute=60)
    assert director.post(f"/broadcasts/{other}/actions", {"action": "cancel"}).status_code == 200
    assert fed(runtime, NOON + timedelta(minutes=1)) == Fed()
    problem(director.post(f"/broadcasts/{other}/actions", {"action": "resume"}), 409, "illegal_move")
    assert director.get(f"/broadcasts/{other}").json["progress"]["waiting"]["phones"] == 5  # type: ignore[index]


def test_who_says_stop_after_the_approval_is_left_out(
    runtime: Runtime, office: Office, author: Desk, director: Desk
) -> None:
    phone = citizen(runtime, 1)
    office.case(phone=phone)
    number = started(author, director)
    with runtime.db.transaction() as tx:
        people.stop(tx, phone, runtime.now())
    assert fed(runtime, NOON) == Fed(0, 1, 1)
    assert author.get(f"/broadcasts/{number}").json["progress"] == {"skipped": {"phones": 1, "parts": 0}}  # type: ignore[index]


@pytest.mark.parametrize(("urgent", "queued"), [(False, 0), (True, 1)])
def test_at_night_only_what_is_urgent_is_sent(
    runtime: Runtime, office: Office, author: Desk, director: Desk, urgent: bool, queued: int
) -> None:
    office.case(phone=citizen(runtime, 1))
    started(author, director, urgent=urgent)
    nights = QuietHours.parse("21:00-08:00")
    assert fed(runtime, NIGHT, nights).queued == queued
    assert fed(runtime, NOON + timedelta(days=1), nights).queued == 1 - queued


def test_the_sweep_feeds(runtime: Runtime, office: Office, author: Desk, director: Desk) -> None:
    office.case(phone=citizen(runtime, 1))
    started(author, director)
    assert feed_once(runtime).queued == 1


def test_a_broadcast_with_a_day_waits_for_it(runtime: Runtime, office: Office, author: Desk, director: Desk) -> None:
    office.case(phone=citizen(runtime, 1))
    started(author, director, not_before="2026-12-02T09:00:00+03:00")
    assert fed(runtime, NOON).queued == 0
    assert fed(runtime, NOON + timedelta(days=1)).queued == 1


def test_a_directorate_speaks_to_its_own_cases_only(
    runtime: Runtime, office: Office, author: Desk, director: Desk
) -> None:
    problem(author.post("/broadcasts", proposal(audience={})), 422, "invalid_params")
    office.case(phone=citizen(runtime, 1))
    tax = office.hire("Ali", rules.AUTHOR, directorate="tax")
    assert sum(tax.post("/broadcasts/preview", proposal()).json["phones"].values()) == 0  # type: ignore[index]
    number = started(author, director)
    problem(tax.get(f"/broadcasts/{number}"), 404, "not_found")
    problem(tax.post(f"/broadcasts/{number}/actions", {"action": "cancel"}), 404, "not_found")
    assert tax.get("/broadcasts").json == {"items": []}


def test_the_governorate_speaks_to_everybody_by_their_own_place(runtime: Runtime, office: Office) -> None:
    citizen(runtime, 1, place="20")
    citizen(runtime, 2, place="30")
    diwan = office.hire("Noor", rules.AUTHOR, directorate="governorate")
    assert diwan.post("/broadcasts/preview", proposal(audience={})).json["phones"]["ar"] == 2  # type: ignore[index]
    here = {"places": ["20"]}
    assert diwan.post("/broadcasts/preview", proposal(audience=here)).json["phones"]["ar"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"parts_per_minute": 0}, "parts_per_minute"),
        ({"texts": {"ar": "م", "en": ""}}, "texts.en"),
        ({"texts": {"ar": "م" * 300, "en": "w"}}, "texts.ar"),
        ({"audience": {"services": ["fire"]}}, "audience.services"),
        ({"audience": {"services": ["water"], "places": ["99"]}}, "audience.places"),
        ({"audience": {"services": ["water"], "answers": {"plot": ["1234"]}}}, "audience.answers.plot"),
        ({"audience": {"services": ["water"], "answers": {"use": ["palace"]}}}, "audience.answers.use"),
    ],
)
def test_a_broadcast_with_a_fault_is_refused_by_name(author: Desk, changes: dict[str, Any], field: str) -> None:
    refused = problem(author.post("/broadcasts", proposal(**changes)), 422, "invalid_params")
    assert [each["name"] for each in refused["fields"]] == [field]


def test_a_proposal_that_is_repeated_is_made_once(author: Desk) -> None:
    first, again = (author.post("/broadcasts", proposal(), key="k1") for _ in range(2))
    assert first.text == again.text
    assert len(author.get("/broadcasts").json["items"]) == 1  # type: ignore[index]


def test_a_clerk_writes_no_broadcasts(office: Office) -> None:
    problem(office.hire("Sami", "CLERK").post("/broadcasts", proposal()), 403, "forbidden")
