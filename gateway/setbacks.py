"""Rows that spoil whoever touches them: each is left alone for a while, so that the others get through.

Kept in memory: a restart tries each again at once, which is what a person who mended something wants.
"""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=1)


Key = int | str
"""A row's number, or whatever else names it."""


class Setbacks:
    """By key: when it may be tried again, after 10 s at first, doubling up to an hour."""

    def __init__(self) -> None:
        self._again: dict[Key, tuple[int, datetime]] = {}

    def __len__(self) -> int:
        return len(self._again)

    def add(self, key: Key, now: datetime) -> int:
        """It failed once more; how often so far."""
        failures = self._again[key][0] if key in self._again else 0
        self._again[key] = failures + 1, now + min(FIRST * 2 ** min(failures, 20), LONGEST)
        return failures + 1

    def forget(self, key: Key) -> None:
        """It succeeded, or is given up."""
        self._again.pop(key, None)

    def waits(self, key: Key, now: datetime) -> bool:
        """Whether it is to be left alone now."""
        return key in self._again and now < self._again[key][1]
