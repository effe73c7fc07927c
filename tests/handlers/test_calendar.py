"""Iraqi working days and the dates promised by them."""

from datetime import UTC, date, datetime

import pytest

from gateway.settings import ROOT
from handlers import calendar
from menus.content import Content
from menus.governorate import Calendar
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


def test_a_saturday_that_the_cabinet_orders_is_worked(content: Content) -> None:
    ordered = content.calendar.model_copy(update={"work_days": {"2026-11-21": {"ar": "دوام", "en": "worked"}}})
    assert calendar.is_working_day(ordered, date(2026, 11, 21))
    assert calendar.add_working_days(ordered, date(2026, 11, 19), 1) == date(2026, 11, 21)


@pytest.mark.parametrize("start", [date(2026, 11, 19), date(2026, 5, 20), date(2026, 12, 28)])
@pytest.mark.parametrize("count", [1, 4, 15])
def test_days_between_are_those_that_were_added(content: Content, start: date, count: int) -> None:
    end = calendar.add_working_days(content.calendar, start, count)
    assert calendar.working_days(content.calendar, start, end) == count


def test_time_in_two_pieces_is_as_long_as_in_one(content: Content) -> None:
    start, middle, end = date(2025, 12, 20), date(2026, 3, 19), date(2026, 6, 20)  # over new year and both Eids
    parts = [calendar.working_days(content.calendar, *piece) for piece in ((start, middle), (middle, end))]
    assert sum(parts) == calendar.working_days(content.calendar, start, end)


def test_a_calendar_without_working_days_is_not_searched_for_ever(content: Content) -> None:
    never = content.calendar.model_copy(update={"weekend": [1, 2, 3, 4, 5, 6, 7]})
    assert calendar.add_working_days(never, date(2026, 1, 1), 1) - date(2026, 1, 1) == calendar.FARTHEST


def test_a_due_day_is_told_in_the_governorate_whatever_the_server_is_on(content: Content) -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # already the 24th in Missan
    assert calendar.local_day(content.calendar, late) == date(2026, 11, 24)
    assert calendar.closing(content.calendar, date(2026, 11, 24)).astimezone(UTC).hour == 12
