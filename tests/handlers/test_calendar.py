"""Iraqi working days and the dates promised by them."""

from datetime import UTC, date, datetime

import pytest

from gateway.settings import ROOT
from handlers import calendar
from menus.content import Calendar, Content
from menus.load import load_content


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content(ROOT / "config")


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 11, 19), True),  # Thursday
        (date(2026, 11, 20), False),  # Friday
        (date(2026, 11, 21), False),  # Saturday
        (date(2026, 11, 22), True),  # Sunday
        (date(2026, 1, 6), False),  # Army Day
        (date(2027, 1, 1), False),  # New Year
        (date(2026, 3, 20), False),  # Eid al-Fitr and Friday
    ],
)
def test_weekend_and_holidays_are_not_worked(content: Content, day: date, working: bool) -> None:
    assert calendar.is_working_day(content.calendar, day) is working


def test_a_local_day_off_is_not_worked(content: Content) -> None:
    local = content.calendar.model_copy(update={"local_days": {"2026-11-22": {"ar": "محلي", "en": "local"}}})
    assert isinstance(local, Calendar)
    assert not calendar.is_working_day(local, date(2026, 11, 22))


def test_the_day_itself_does_not_count_and_weekends_are_passed_over(content: Content) -> None:
    assert calendar.add_working_days(content.calendar, date(2026, 11, 19), 1) == date(2026, 11, 22)
    assert calendar.add_working_days(content.calendar, date(2026, 11, 19), 6) == date(2026, 11, 29)


def test_eid_moves_a_promise_across_the_year(content: Content) -> None:
    plain = (date(2026, 5, 24) - date(2026, 5, 10)).days
    over_eid = calendar.add_working_days(content.calendar, date(2026, 5, 10), 14) - date(2026, 5, 10)
    assert over_eid.days > plain


def test_a_due_day_is_told_in_the_governorate_whatever_the_server_is_on(content: Content) -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # already the 24th in Missan
    service = content.services["water"]
    due = calendar.due_at(content, service, "DOCS_REQUIRED", {}, late, late)
    assert due is not None
    assert due.astimezone(UTC).date() == date(2026, 12, 9)
