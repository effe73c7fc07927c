"""The mobile networks as data: what one screen of each holds.

Decides: the shape of an operator's profile, and that a network has one. Must not know: which network a hop came from.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from pydantic import Field

from menus.forms import Model
from menus.gsm import Budget


class Operator(Model):
    """What one network's screens hold, in septets and UTF-16 units."""

    name: str
    networks: list[str]
    septets: int
    ucs2: int
    stages: int = Field(default=20, description="screens that one call may take; a longer service is refused")
    first_septets: int | None = Field(default=None, description="of a session's first screen, where it is smaller")
    first_ucs2: int | None = None

    @cached_property
    def budget(self) -> Budget:
        """The screen of this operator."""
        first = Budget(self.first_septets or self.septets, self.first_ucs2 or self.ucs2)
        return Budget(self.septets, self.ucs2, first if first != Budget(self.septets, self.ucs2) else None)


def repeated(operators: Sequence[Operator]) -> Iterator[tuple[Sequence[str | int], str]]:
    """Each network that has a profile already, as (where, reason)."""
    owners: dict[str, str] = {}
    for number, operator in enumerate(operators):
        for place, network in enumerate(operator.networks):
            if network in owners:
                where = ("operators", number, "networks", place)
                yield where, f"network {network} is listed under {owners[network]} already"
            owners.setdefault(network, operator.name)
