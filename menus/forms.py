"""What a service asks: fields, their choices, and when each applies.

Decides: the shape of a question and which answer it accepts. Must not know: screens, channels, the store.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from stdnum import damm

from menus import digits
from menus.localized import Localized

Facts = Mapping[str, str]
"""Field id -> accepted value, with what is known of the phone (`known_place`, `known_card`, `known_consent`)."""


BACK = "0"
"""Leads back on every screen; in a free input it is no answer unless it is the special one (services-domain §2.2)."""


class Model(BaseModel):
    """Content as read from YAML: strict types, unknown keys refused, never changed after load."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", populate_by_name=True)


class Choice(Model):
    """One numbered answer. `end`: text key that closes the session; `redo`: field asked again instead."""

    key: str = Field(pattern=r"^[1-79]$", description="8 is 'more' and 0 is 'back' on every screen")
    id: str
    label: Localized
    end: str | None = None
    redo: str | None = None


class Special(Model):
    """The one coded answer of a free input, such as `0` = unknown."""

    key: str = Field(pattern=r"^[0-9]$")
    id: str
    label: Localized


class Question(Model):
    """One question of a form. Two questions may share an id when their `when` cannot hold together."""

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    type: Literal["choice", "integer", "digits", "year_month", "reference"]
    noun: Localized = Field(description="the thing asked for, as in 'needs your {noun}'")
    prompt: Localized
    review: Localized | None = Field(default=None, description="how the review screen says it; default: the value")
    choices: list[Choice] = Field(default_factory=list)
    low: int | None = Field(default=None, description="least value (integer) or fewest digits (digits)")
    high: int | None = Field(default=None, description="greatest value (integer) or most digits (digits)")
    special: Special | None = None
    default: str | None = Field(default=None, description="value of an empty answer")
    own: bool = Field(default=False, description="the reference must belong to this phone")
    when: dict[str, list[str]] = Field(default_factory=dict, description="field -> values; an absent answer is ''")
    above: dict[str, int] = Field(default_factory=dict, description="field -> asked only past this number")
    rule: str | None = Field(default=None, description="named rule of menus/rules.py that must hold")
    data: Literal["open", "personal", "sensitive"] = "open"

    @model_validator(mode="after")
    def _complete(self) -> "Question":
        if (self.type == "choice") != bool(self.choices):
            raise ValueError(f"{self.id}: a choice has choices, any other type has none")
        keys = [choice.key for choice in self.choices]
        if len(set(keys)) < len(keys) or len({c.id for c in self.choices}) < len(self.choices):
            raise ValueError(f"{self.id}: two choices share a key or an id")
        if self.type in ("integer", "digits") and (self.low is None or self.high is None or self.low > self.high):
            raise ValueError(f"{self.id}: {self.type} needs low <= high")
        self._check_keys(keys)
        return self

    def _check_keys(self, keys: list[str]) -> None:
        """What is typed means one thing; 0 is never an answer of its own, it is back or the special answer."""
        special = self.special.key if self.special else None
        taken = special in keys if self.choices else special not in (None, BACK) and self._accept_free(special or "")
        if taken:
            raise ValueError(f"{self.id}: key {special} means two things: it is an answer, and the special one")
        if self.type == "integer" and self.low == 0:
            raise ValueError(f"{self.id}: 0 leads back and cannot be typed as a number; make it a special answer")
        if self.default is not None and not self.holds(self.default):
            raise ValueError(f"{self.id}: the default {self.default} is no answer to this question")

    def accept(self, typed: str) -> str | None:
        """The value that `typed` means here, or None when it is no answer to this question."""
        if self.special and typed == self.special.key:
            return self.special.id
        if self.type == "choice":
            for choice in self.choices:
                if choice.key == typed:
                    return choice.id
            return self.default if not typed else None
        if typed in ("", BACK):
            return None if typed else self.default
        return self._accept_free(typed)

    def _accept_free(self, typed: str) -> str | None:
        if self.type == "year_month":
            return digits.year_month(typed)
        if self.type == "reference":
            found = digits.only_digits(typed, 8, 8)
            return found if found and damm.is_valid(found) else None
        assert self.low is not None  # held by _complete
        assert self.high is not None
        if self.type == "digits":
            return digits.only_digits(typed, self.low, self.high)
        number = digits.to_int(typed, self.low, self.high)
        return None if number is None else str(number)

    def holds(self, value: str) -> bool:
        """Whether a stored value is still an answer to this question (a form may change under a draft)."""
        if self.special and value == self.special.id:
            return True
        if self.type == "choice":
            return any(choice.id == value for choice in self.choices)
        return self._accept_free(value) == value


def meets(question: Question, facts: Facts) -> bool:
    """Whether `question` is asked, by its `when`."""
    return all(facts.get(name, "") in values for name, values in question.when.items())


def is_past(question: Question, facts: Facts) -> bool:
    """Whether `question` is asked, by its `above` (rules need the day, see menus/rules.py)."""
    for name, number in question.above.items():
        if not (facts.get(name, "").isdecimal() and int(facts[name]) > number):
            return False
    return True
