"""Rows that spoil whoever touches them: each is left alone for a while, so that the others get through.

Kept in memory: a restart tries each again at once, which is what a person who mended something wants.
"""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=1)


class Setbacks:
    """By row number: when it may be tried again, after 10 s at first, doubling up to an hour."""

    def __init__(self) -> None:
        self._again: dict[int, tuple[int, datetime]] = {}

    def __len__(self) -> int:
        return len(self._again)

    def add(self, number: int, now: datetime) -> None:
        """It failed once more."""
        failures = self._again[number][0] if number in self._again else 0
        self._again[number] = failures + 1, now + min(FIRST * 2 ** min(failures, 20), LONGEST)

    def forget(self, number: int) -> None:
        """It succeeded."""
        self._again.pop(number, None)

    def waits(self, number: int, now: datetime) -> bool:
        """Whether it is to be left alone now."""
        return number in self._again and now < self._again[number][1]
