"""The governorate as data: its places, its offices, its working time.

Decides: their shape. Must not know: services, screens, which day it is.
"""

from datetime import date
from functools import cached_property

from pydantic import Field

from menus.forms import Model
from menus.localized import Localized


class District(Model):
    """A قضاء with its sub-districts; codes of services-domain §2.1. The district's own code is its centre."""

    code: str
    name: Localized
    short: Localized
    centre: Localized
    subdistricts: dict[str, Localized] = Field(max_length=7, description="with the centre as many as a menu has keys")


class Directorate(Model):
    """An office that holds cases. `short` is what fits an SMS (at most 14 characters in Arabic)."""

    name: Localized
    short: Localized
    follows_up: bool = Field(default=False, description="sees the cases that nobody below answered in twice their time")


class Calendar(Model):
    """Working time. `weekend`: ISO weekday numbers; `local_days`: ISO dates off, added by the governorate.

    `work_days`: ISO dates worked although they are weekend or holiday. `named_days`: days that a clock may start on.
    """

    timezone: str
    country: str
    weekend: list[int]
    local_days: dict[str, Localized] = Field(default_factory=dict)
    work_days: dict[str, Localized] = Field(default_factory=dict)
    named_days: dict[str, list[date]] = Field(default_factory=dict)

    @cached_property
    def counted(self) -> dict[tuple[date, int], date]:
        """What handlers/calendar.py has counted already: the same few days are asked for by every case."""
        return {}

    def __copy__(self) -> "Calendar":
        """What is counted belongs to these days: a copy, which may be given others, begins anew."""
        made = super().__copy__()
        made.__dict__.pop("counted", None)
        return made
