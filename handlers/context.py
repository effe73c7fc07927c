"""What every use-case is given: a transaction, the content, and the time.

Decides: nothing. Must not know: Flask, Redis, providers.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from handlers.sealing import Seals
from menus.content import Content
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Context:
    """One unit of work. `now` is aware; `seals` hold the keys of sensitive fields."""

    tx: Transaction
    content: Content
    now: datetime
    seals: Seals

    @property
    def today(self) -> date:
        """The day in the governorate."""
        return self.now.astimezone(ZoneInfo(self.content.calendar.timezone)).date()


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that the rules do not allow: `code` names the rule, `message` says it in English for programmers."""

    code: str
    message: str
    fields: tuple[tuple[str, str], ...] = ()
