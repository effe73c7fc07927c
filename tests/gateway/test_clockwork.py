"""The sweep keeps time: reminders, defaults, expiries, levels, days off. Time is an argument; the store is real."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from gateway.clockwork import keep_time, recount
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from handlers import moves
from store import applications, clocks
from store.clocks import SpecialDay
from tests.fixtures import PostOffice
from tests.gateway.cases import Cases
from tests.gateway.office import PHONE, Office

At = Callable[[datetime], Runtime]


def after(at: At, days: float) -> Counter[str]:
    """What one pass does when so many days have gone by."""
    return keep_time(at(datetime.now(UTC) + timedelta(days=days)), Setbacks())


DEFAULTS = [
    ("water", "DOCS_REQUIRED", {}, "EXPIRED"),
    ("water", "VISIT_OFFERED", {"request": "new"}, "VISIT_SET"),
    ("permit", "READY", {}, "EXPIRED"),
    ("inputs", "OFFERED", {"wants": "seed"}, "APPROVED"),
    ("produce", "OFFERED", {}, "EXPIRED"),
    ("school", "OFFERED", {}, "UNDER_REVIEW"),
    ("grievance", "RESOLVED", {}, "COMPLETED"),
    ("grievance", "UNCONFIRMED", {}, "WITHDRAWN"),
]


@pytest.mark.parametrize(("service", "state", "answers", "default"), DEFAULTS)
def test_silence_has_the_services_default(
    at: At, cases: Cases, post: PostOffice, service: str, state: str, answers: dict[str, str], default: str
) -> None:
    reference = cases.put(service, state, PHONE, **answers)
    post.relay()
    told = cases.one("due_at", reference)
    assert told is not None
    before = keep_time(at(told - timedelta(minutes=1)), Setbacks())
    assert cases.one("state", reference) == state
    assert set(before) <= {"remind", "wound"}
    assert keep_time(at(told), Setbacks())["timeout"] == 1
    assert cases.one("state", reference) == default
    assert after(at, 1000)["timeout"] == 0


def test_the_citizen_is_reminded_once(at: At, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("water", "INFO_REQUIRED", PHONE, request="new")
    post.relay()
    found = [after(at, days)["remind"] for days in (4, 6, 6.1, 7)]
    assert found == [0, 1, 0, 0]
    assert cases.actions(reference)[-1] == "remind"
    assert sum(reference in text and "تذكير" in text for text in post.texts_to(PHONE)) == 1


def test_a_late_case_rises_three_times_and_the_citizen_hears_each(at: At, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("grievance", "UNDER_REVIEW", PHONE, about="water")
    post.relay()
    for level, days in enumerate((25, 35, 60), start=1):
        assert after(at, days)["escalate"] == 1
        assert after(at, days)["escalate"] == 0
        assert cases.one("details ->> 'level'", reference) == str(level)
        assert cases.one("state", reference) == "UNDER_REVIEW"
    assert after(at, 500) == Counter()
    assert sum("نعتذر عن تأخر" in text for text in post.texts_to(PHONE)) == 3


def test_years_of_silence_are_one_step(at: At, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("grievance", "SUBMITTED", about="water")
    post.relay()
    assert after(at, 1200) == Counter(escalate=1)
    assert cases.one("details ->> 'level'", reference) == "3"
    assert cases.one("due_at", reference) > datetime.now(UTC) + timedelta(days=1199)


def test_a_case_that_nobody_relayed_is_found(at: At, cases: Cases) -> None:
    reference = cases.put("water", "SUBMITTED", request="new")
    assert keep_time(at(datetime.now(UTC)), Setbacks(), deep=False) == Counter()
    assert keep_time(at(datetime.now(UTC)), Setbacks())["wound"] == 1
    assert cases.one("due_at", reference) is not None
    assert after(at, 10)["escalate"] == 1


def test_an_answer_stops_the_citizens_clock(at: At, office: Office, post: PostOffice) -> None:
    desk = office.hire("Ali", "CLERK")
    reference = office.case()
    desk.act(reference, "ask", 1, question="plot")
    desk.act(reference, "answer", 2, value="77")
    assert office.now(reference).state == "SUBMITTED"
    assert after(at, 30)["timeout"] == 0
    assert office.made(reference)[-1] == "escalate"


def test_several_sweeps_do_each_thing_once(at: At, cases: Cases, post: PostOffice) -> None:
    references = [cases.put("water", "DOCS_REQUIRED", request="new") for _ in range(30)]
    post.relay()
    found: list[Counter[str]] = []
    moment = datetime.now(UTC) + timedelta(days=30)
    threads = [
        threading.Thread(target=lambda: found.append(keep_time(at(moment), Setbacks(), deep=False))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found, Counter[str]())["timeout"] == 30
    for reference in references:
        assert cases.actions(reference).count("timeout") == 1


def test_a_case_that_cannot_be_ticked_holds_up_no_other(
    at: At, runtime: Runtime, cases: Cases, post: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = cases.put("water", "DOCS_REQUIRED", request="new"), cases.put("permit", "DOCS_REQUIRED")
    post.relay()
    cases.connection.execute(
        "DELETE FROM gateway.service_move WHERE service = 'water' AND from_state = 'DOCS_REQUIRED'"
        " AND action = 'timeout'"
    )
    setbacks, late = Setbacks(), at(datetime.now(UTC) + timedelta(days=60))
    assert keep_time(late, setbacks) == Counter(timeout=1)
    assert (cases.one("state", bad), cases.one("state", good)) == ("DOCS_REQUIRED", "EXPIRED")
    assert len(setbacks) == 1
    assert "no move from DOCS_REQUIRED to EXPIRED" in caplog.text


def test_whoever_is_writing_the_case_goes_first(at: At, runtime: Runtime, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("water", "DOCS_REQUIRED", request="new")
    post.relay()
    with runtime.db.transaction() as tx:
        assert applications.lock(tx, reference) is not None
        assert after(at, 60) == Counter()
    assert after(at, 60) == Counter(timeout=1)


def test_a_day_off_moves_due_dates_and_its_removal_moves_them_back(at: At, runtime: Runtime, office: Office) -> None:
    reference = office.case()
    before = office.now(reference)
    assert before.due_at is not None
    day = before.due_at.date()
    with runtime.db.transaction() as tx:
        clocks.set_day(tx, SpecialDay(day, False, "عطلة", "day off"), runtime.now())
    assert recount(runtime, Setbacks()) == 1
    moved = office.now(reference)
    assert moved.due_at is not None
    assert moved.due_at > before.due_at
    assert moved.version == before.version
    with runtime.db.transaction() as tx:
        assert clocks.forget_day(tx, day)
    assert keep_time(at(runtime.now()), Setbacks())["wound"] == 1
    assert office.now(reference).due_at == before.due_at
    assert recount(runtime, Setbacks()) == 0


def test_closed_cases_have_no_clock(at: At, runtime: Runtime, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("water", "SUBMITTED", request="new")
    post.relay()
    cases.set_state(reference, "WITHDRAWN")
    post.relay()
    with runtime.db.transaction() as tx:
        assert clocks.find(tx, reference) is None
    assert cases.one("due_at", reference) is None
    assert after(at, 500) == Counter()


@pytest.mark.parametrize(
    ("service", "state", "action", "days", "possible"),
    [
        ("water", "REJECTED", "appeal", 30, True),
        ("water", "REJECTED", "appeal", 31, False),
        ("water", "EXPIRED", "reopen", 30, True),
        ("water", "EXPIRED", "reopen", 31, False),
        ("produce", "PAYOUT", "object", 3, True),
        ("produce", "PAYOUT", "object", 4, False),
    ],
)
def test_some_moves_have_their_time(
    at: At, cases: Cases, service: str, state: str, action: str, days: int, possible: bool
) -> None:
    reference = cases.put(service, state)
    then = at(datetime.now(UTC) + timedelta(days=days))
    with then.db.transaction() as tx:
        context, case = then.context(tx), applications.lock(tx, reference)
        assert case is not None
        move = then.content.services[service].workflow.find(state, action, {})
        assert move is not None
        assert moves.spent(context, case, move) is not possible


def test_an_interim_word_comes_before_the_case_is_due_and_names_a_day_to_come(
    at: At, runtime: Runtime, cases: Cases, app: Flask
) -> None:
    reference = cases.put("grievance", "UNDER_REVIEW", about="water")
    desk = Office(runtime, app).hire("Ali", "HANDLER", directorate="governorate")
    past = desk.act(reference, "interim", 1, new_date="2020-01-01")
    assert past.status_code == 422
    assert "must be a day to come" in past.text
    then = at(datetime.now(UTC) + timedelta(days=60))
    with then.db.transaction() as tx:
        case = applications.lock(tx, reference)
        move = then.content.services["grievance"].workflow.find("UNDER_REVIEW", "interim", {})
        assert case is not None
        assert move is not None
        refused = moves.barred(then.context(tx), case, move)
        assert refused is not None
        assert refused.code == "too_late"
