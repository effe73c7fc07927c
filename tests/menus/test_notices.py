"""Quiet hours and the classes of texts."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from menus.notices import Notices, QuietHours

SEND = {"stopped": "send", "night": "send", "day_off": "send"}


@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        ("21:00-08:00", "2026-11-23 22:30", "2026-11-24 08:00"),
        ("21:00-08:00", "2026-11-23 03:00", "2026-11-23 08:00"),
        ("21:00-08:00", "2026-11-23 21:00", "2026-11-24 08:00"),
        ("21:00-08:00", "2026-11-23 08:00", None),
        ("21:00-08:00", "2026-11-23 20:59", None),
        ("13:00-15:00", "2026-11-23 14:00", "2026-11-23 15:00"),
        ("13:00-15:00", "2026-11-23 15:00", None),
    ],
)
def test_a_night_ends_at_its_hour(hours: str, now: str, over: str | None) -> None:
    quiet = QuietHours.parse(hours)
    assert quiet
    assert quiet.over(datetime.fromisoformat(now)) == (datetime.fromisoformat(over) if over else None)


@pytest.mark.parametrize("text", ["", " ", "08:00-08:00"])
def test_there_may_be_no_quiet_hours(text: str) -> None:
    assert QuietHours.parse(text) is None


@pytest.mark.parametrize("text", ["21-8", "25:00-08:00", "21:00", "quiet"])
def test_hours_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="21:00-08:00"):
        QuietHours.parse(text)


def test_a_text_of_a_class_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="no class gone"):
        Notices.model_validate({"classes": {"answer": SEND}, "default": "answer", "texts": {"ack": "gone"}})
