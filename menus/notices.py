"""Which texts leave when a citizen wants none, at night, and on days off: classes of texts, and the quiet hours.

Decides: the class of a text, and when a night ends. Must not know: citizens, the store, which day is a day off.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from menus.forms import Model

ANSWER = "answer"
"""The class of whatever answers what the citizen has just done; it cannot be configured away."""
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


class TextClass(Model):
    """How texts of a class behave when the citizen said STOP, in quiet hours, and on a day off."""

    stopped: Literal["send", "mute"]
    night: Literal["send", "hold"]
    day_off: Literal["send", "hold"]


class Notices(Model):
    """The whole of `config/notices.yaml`: classes, and the class of each text; any other text is a `default`."""

    classes: dict[str, TextClass]
    default: str
    texts: dict[str, str] = Field(description="SMS text key -> class")

    @model_validator(mode="after")
    def _known(self) -> "Notices":
        if unknown := {self.default, ANSWER, *self.texts.values()} - set(self.classes):
            raise ValueError(f"there is no class {', '.join(sorted(unknown))}")
        return self

    def of(self, key: str) -> TextClass:
        """How the text behaves."""
        return self.classes[self.texts.get(key, self.default)]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of the local night, from `begin` to `end`; it may run over midnight."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Of '21:00-08:00'; None of '' and of hours that are none; ValueError otherwise."""
        if not text.strip():
            return None
        found = _HOURS.fullmatch(text.strip())
        if not found:
            raise ValueError("quiet hours are written 21:00-08:00")
        begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        return cls(begin, end) if begin != end else None

    def over(self, local: datetime) -> datetime | None:
        """When the night of this local moment ends; None by day."""
        now = local.time()
        if not (self.begin <= now < self.end if self.begin < self.end else now >= self.begin or now < self.end):
            return None
        morning = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return morning if now < self.end else morning + timedelta(days=1)


def unknown_texts(notices: Notices, texts: Mapping[str, object]) -> list[str]:
    """Texts that have a class and do not exist."""
    return sorted(set(notices.texts) - set(texts))
