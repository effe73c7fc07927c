"""Both clocks of a case, read from its history: whose turn, since when, due when, and what the system then does."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.settings import ROOT
from handlers import clocks
from handlers.calendar import add_working_days, local_day
from handlers.clocks import Clocks, Step
from menus.content import Content
from menus.governorate import Calendar
from menus.load import load_content
from store.applications import Application
from store.events import Event

SUNDAY = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)  # ten in the morning in Missan
CONTENT = load_content(ROOT / "config")


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


class Life:
    """A case and its history, written down as it happens."""

    def __init__(self, service: str = "water", began: datetime = SUNDAY, **answers: str) -> None:
        self.service, self.began, self.answers = service, began, answers or {"request": "new"}
        self.state, self.details = "", dict[str, Any]()
        self.history: list[Event] = []
        self.happens("submit", CONTENT.services[service].workflow.start, began)

    def happens(self, action: str, state: str, at: datetime, **details: Any) -> "Life":
        """An event; the case is in `state` afterwards."""
        self.history.append(event(len(self.history) + 1, self.state or None, state, action, details, at))
        self.state, self.details = state, self.details | details
        return self

    def clocks(self, calendar: Calendar = CONTENT.calendar, content: Content = CONTENT) -> Clocks:
        """The clocks now."""
        found = clocks.read(content, calendar, content.services[self.service], self.case(), self.history)
        assert found is not None
        return found

    def case(self) -> Application:
        """The row as the store would have it."""
        last = self.history[-1]
        return Application(
            reference="24839174", service=self.service, state=self.state, phone="+9647701234567", place="10",
            language="ar", answers=dict(self.answers), details=self.details, channel="ussd", directorate="water",
            came_from=last.from_state, submission=None, submitted_by=None, version=len(self.history),
            created_at=self.began, updated_at=last.at, state_since=last.at, due_at=None,
        )  # fmt: skip


def event(number: int, source: str | None, state: str, action: str, details: Mapping[str, Any], at: datetime) -> Event:
    values: dict[str, Any] = dict.fromkeys(Event.__dataclass_fields__)
    values |= {
        "id": number, "reference": "24839174", "service": "water", "from_state": source, "to_state": state,
        "action": action, "actor_kind": "officer", "details": dict(details), "version": number, "at": at,
    }  # fmt: skip
    return Event(**values)


def due(moment: datetime | None) -> date | None:
    return local_day(CONTENT.calendar, moment) if moment else None


def later(days: int, hours: int = 0) -> datetime:
    return SUNDAY + timedelta(days=days, hours=hours)


def test_a_new_case_has_two_clocks_and_the_citizen_is_told_the_longer_one() -> None:
    found = Life().clocks()
    assert (found.turn, due(found.state_due), due(found.case_due)) == ("office", day(11, 3), day(11, 22))
    assert due(found.due_at) == day(11, 22)


def test_the_cases_clock_stands_still_while_the_citizen_is_awaited() -> None:
    life = Life().happens("accept", "DOCS_REQUIRED", later(2))
    waiting = life.clocks()
    assert (waiting.turn, waiting.case_due, waiting.used) == ("citizen", None, 2)
    assert due(waiting.due_at) == day(11, 18)
    again = life.happens("docs_seen", "UNDER_REVIEW", later(14)).clocks()  # twelve days later
    assert (again.used, due(again.case_due), due(again.state_due)) == (2, day(12, 2), day(11, 17))


def test_a_new_state_begins_its_own_clock_and_goes_on_with_the_cases() -> None:
    life = Life().happens("ask", "INFO_REQUIRED", later(1)).happens("answer", "SUBMITTED", later(3))
    found = life.clocks()
    assert (found.used, due(found.state_due), due(found.case_due)) == (1, day(11, 8), day(11, 24))


@pytest.mark.parametrize(("asked", "days"), [("new", 2), ("name", 5), ("close", 5)])
def test_a_state_has_another_pace_for_other_answers(asked: str, days: int) -> None:
    began = datetime(2026, 11, 2, 7, tzinfo=UTC)
    found = Life(began=began, request=asked).happens("docs_seen", "UNDER_REVIEW", began).clocks()
    assert due(found.state_due) == add_working_days(CONTENT.calendar, began.date(), days)


def test_clocks_are_the_same_in_one_piece_or_in_many() -> None:
    one = Life("grievance", about="water").happens("assign", "UNDER_REVIEW", later(0, 1))
    many = Life("grievance", about="water").happens("assign", "UNDER_REVIEW", later(0, 1))
    for n in range(2, 9, 2):
        many.happens("reassign", "SUBMITTED", later(n)).happens("assign", "UNDER_REVIEW", later(n, 1))
    assert many.clocks().case_due == one.clocks().case_due


@pytest.mark.parametrize(
    ("began", "promised"),
    [
        (datetime(2026, 12, 20, 7, tzinfo=UTC), day(1, 11, 2027)),  # New Year and Army Day
        (datetime(2026, 5, 20, 7, tzinfo=UTC), day(6, 17)),  # Eid al-Adha
        (datetime(2027, 3, 1, 7, tzinfo=UTC), day(3, 29, 2027)),  # Eid al-Fitr, Nowruz
    ],
)
def test_promises_pass_over_years_and_eid(began: datetime, promised: date) -> None:
    assert due(Life(began=began).clocks().case_due) == promised


def test_a_day_off_moves_the_office_and_not_the_citizens_count() -> None:
    off = {"2026-11-09": {"ar": "محلي", "en": "local"}}
    local = CONTENT.calendar.model_copy(update={"local_days": off})
    assert due(Life().clocks(local).case_due) == day(11, 23)
    waiting = Life().happens("accept", "DOCS_REQUIRED", later(2))
    assert waiting.clocks(local).due_at == waiting.clocks().due_at


def test_a_limit_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    life = Life().happens("accept", "DOCS_REQUIRED", datetime(2026, 11, 5, 7, tzinfo=UTC))  # + 15: a Friday
    assert due(life.clocks().due_at) == day(11, 22)


def test_a_visit_counts_from_its_day() -> None:
    life = Life().happens("offer_visit", "VISIT_OFFERED", later(3), visit_on="2026-11-15")
    life.happens("accept_visit", "VISIT_SET", later(4))
    assert due(life.clocks().state_due) == day(11, 17)
    life.details["visit_on"] = "soon"  # another system's words
    assert due(life.clocks().state_due) == day(11, 9)


def test_an_offered_day_must_be_answered_before_it_comes() -> None:
    life = Life().happens("offer_visit", "VISIT_OFFERED", later(3), visit_on="2026-11-08")
    assert due(life.clocks().due_at) == day(11, 8)  # the 7th is a Saturday
    life = Life().happens("offer_visit", "VISIT_OFFERED", later(3), visit_on="2026-11-30")
    assert due(life.clocks().due_at) == day(11, 9)


def test_a_change_of_the_visit_makes_it_the_offices_turn_until_another_day_is_named() -> None:
    life = Life().happens("offer_visit", "VISIT_OFFERED", later(3), visit_on="2026-11-30")
    life.happens("change", "VISIT_OFFERED", later(7))
    asked = life.clocks()
    assert (asked.turn, due(asked.state_due), asked.step(later(9))) == ("office", day(11, 10), None)
    assert asked.step(later(11)) == Step("escalate", {"state_level": 2, "case_level": 0, "rise": 2})
    offered = life.happens("new_visit", "VISIT_OFFERED", later(14), visit_on="2026-12-10").clocks()
    assert (offered.turn, due(offered.due_at)) == ("citizen", day(11, 22))


def test_papers_for_school_are_due_after_term_begins() -> None:
    summer = Life("school", datetime(2026, 7, 1, 7, tzinfo=UTC), stage="primary")
    summer.happens("seat", "APPROVED", datetime(2026, 7, 2, 7, tzinfo=UTC))
    summer.happens("medical", "DOCS_REQUIRED", datetime(2026, 7, 5, 7, tzinfo=UTC))
    assert due(summer.clocks().due_at) == day(10, 5)
    late = Life("school", SUNDAY, stage="primary").happens("seat", "APPROVED", later(1))
    late.happens("medical", "DOCS_REQUIRED", later(2))
    assert due(late.clocks().due_at) == day(11, 18)  # no term begins within half a year


def test_urgent_messages_count_hours_by_day_and_night() -> None:
    friday = datetime(2026, 11, 6, 20, 0, tzinfo=UTC)
    life = Life("grievance", friday, about="water", danger="yes")
    found = life.clocks()
    assert found.state_due == friday + timedelta(hours=4)
    assert found.state_late[-1] == friday + timedelta(hours=8)
    found = life.happens("assign", "UNDER_REVIEW", friday + timedelta(hours=1)).clocks()
    assert due(found.state_due) == day(11, 10)  # 7 November is a Saturday in Missan
    assert due(Life("grievance", friday, about="water", danger="no").clocks().state_due) == day(11, 9)


def test_an_interim_word_moves_both_clocks() -> None:
    life = Life("grievance", about="water").happens("assign", "UNDER_REVIEW", later(1))
    life.happens("interim", "UNDER_REVIEW", later(10), new_date="2026-12-20")
    found = life.clocks()
    assert {due(found.state_due), due(found.case_due), due(found.due_at)} == {day(12, 20)}


def test_an_objection_has_a_clock_of_its_own() -> None:
    life = Life().happens("accept", "DOCS_REQUIRED", later(1)).happens("docs_seen", "UNDER_REVIEW", later(2))
    life.happens("reject", "REJECTED", later(3)).happens("appeal", "APPEALED", later(20))
    found = life.clocks()
    assert (found.case_due, due(found.state_due), due(found.due_at)) == (None, day(12, 10), day(12, 10))
    found = life.happens("overturn", "UNDER_REVIEW", later(22)).clocks()
    assert (found.used, due(found.case_due)) == (0, day(12, 14))


def test_closed_cases_have_no_clocks() -> None:
    life = Life().happens("withdraw", "WITHDRAWN", later(1))
    assert clocks.read(CONTENT, CONTENT.calendar, CONTENT.services["water"], life.case(), life.history) is None


def test_a_case_without_a_history_counts_from_its_row() -> None:
    life = Life()
    case = life.case()
    found = clocks.read(CONTENT, CONTENT.calendar, CONTENT.services["water"], case, [])
    assert found is not None
    assert (found.since, due(found.state_due)) == (case.state_since, day(11, 3))


def test_no_writers_clock_sets_a_case_back() -> None:
    life = Life().happens("accept", "DOCS_REQUIRED", later(5)).happens("docs_seen", "UNDER_REVIEW", later(-30))
    assert life.clocks().since == later(5)


@pytest.mark.parametrize(
    ("hours", "step"),
    [
        (0, None),
        (24 * 4, None),
        (24 * 5, Step("remind", {})),
        (24 * 9, Step("remind", {})),
        (24 * 10 + 6, Step("timeout", {})),
        (24 * 400, Step("timeout", {})),
    ],
)
def test_the_citizen_is_reminded_and_then_taken_at_their_silence(hours: int, step: Step | None) -> None:
    life = Life().happens("ask", "INFO_REQUIRED", SUNDAY)
    assert life.clocks().step(SUNDAY + timedelta(hours=hours)) == step


def test_a_reminder_is_sent_once_a_turn() -> None:
    life = Life().happens("ask", "INFO_REQUIRED", SUNDAY).happens("remind", "INFO_REQUIRED", later(5))
    assert life.clocks().step(later(6)) is None
    life.happens("answer", "SUBMITTED", later(6)).happens("ask", "INFO_REQUIRED", later(7))
    assert life.clocks().step(later(13)) == Step("remind", {})


# Two working days: Tuesday; one and a half times: Wednesday; twice: Thursday.
@pytest.mark.parametrize(("passed", "level"), [(2, 0), (3, 1), (4, 2), (7, 3), (100, 3)])
def test_a_late_case_rises_by_its_times_of_the_sla(passed: int, level: int) -> None:
    step = Life().clocks().step(later(passed))
    reached = int(step.details["state_level"]) if step else 0
    assert reached == level


def test_each_level_is_reached_once() -> None:
    life = Life().happens("escalate", "SUBMITTED", later(3), state_level=1, case_level=0)
    assert life.clocks().step(later(3)) is None
    step = life.clocks().step(later(4))
    assert step is not None
    assert (step.details["state_level"], step.details["rise"]) == (2, 1)


def test_the_cases_lateness_is_not_told_again_in_every_state() -> None:
    life = Life().happens("escalate", "SUBMITTED", later(60), state_level=3, case_level=3)
    life.happens("accept", "DOCS_REQUIRED", later(60)).happens("docs_seen", "UNDER_REVIEW", later(61))
    assert life.clocks().step(later(61)) is None
    step = life.clocks().step(later(66))
    assert step is not None
    assert step.details["state_level"] > 0


def test_what_is_told_once_the_promise_has_passed_is_a_day_to_come() -> None:
    life = Life().happens("escalate", "SUBMITTED", later(30), state_level=3, case_level=1)
    assert life.clocks().due_at > later(30)


def test_the_next_look_is_when_something_is_due() -> None:
    found = Life().clocks()
    assert found.next_at == found.state_due
    life = Life().happens("ask", "INFO_REQUIRED", SUNDAY)
    assert life.clocks().next_at == life.clocks().remind_at
    life.happens("remind", "INFO_REQUIRED", later(5))
    assert life.clocks().next_at == life.clocks().state_due
