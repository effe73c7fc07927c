"""A menu as data: numbered lines, and the names that may be dialled instead.

Decides: the shape of a menu, a line and a shortcut. Must not know: what they lead to, screens.
"""

from typing import Literal

from pydantic import Field, model_validator

from menus.forms import Model
from menus.localized import Localized


class Item(Model):
    """One line of a menu; exactly one of the targets is set."""

    key: str = Field(pattern=r"^[1-79]$")
    label: Localized
    service: str | None = None
    menu: str | None = None
    cases: str | None = Field(default=None, description="a service id, or all")
    language: Literal["next"] | None = None
    pin: Literal["set", "remove", "other"] | None = None


class Shortcut(Model):
    """Where a name that is dialled after the code leads, as in `*964*21#`; exactly one of the targets is set."""

    service: str | None = None
    menu: str | None = None
    cases: str | None = Field(default=None, description="a service id, or all")


class Menu(Model):
    """A numbered list that leads somewhere."""

    prompt: Localized
    items: list[Item]

    @model_validator(mode="after")
    def _apart(self) -> "Menu":
        keys = [item.key for item in self.items]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"key {key} is there twice")
        return self
