"""`config/delivery.yaml`: who carries which message, how fast, and what becomes of an unsure one.

Decides what the file may say, and what it says of one message. It must not know the providers' wires or their health.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.settings import ROOT
from menus.yaml_source import ContentError, read_yaml

PATH = ROOT / "config" / "delivery.yaml"

Kind = Literal["answer", "notice", "broadcast"]
CLASSES: tuple[Kind, ...] = ("answer", "notice", "broadcast")
"""By priority in the outbox."""
Carrier = Literal["africastalking", "kannel"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Unsure(_Model):
    """What becomes of an unsure message of a class, after how long."""

    then: Literal["resend", "drop", "person"]
    after_minutes: int = Field(default=10, ge=5, le=10080)
    times: int = Field(default=1, ge=1, le=3)

    @property
    def after(self) -> timedelta:
        """How long to wait for a report; at least so long that none can still be on its way into the store."""
        return timedelta(minutes=self.after_minutes)


class Route(_Model):
    """A rule; empty prefixes or classes fit everything."""

    prefixes: tuple[Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,14}$")], ...] = ()
    classes: tuple[Kind, ...] = ()
    providers: tuple[Carrier, ...] = Field(min_length=1)

    def fits(self, phone: str, kind: Kind) -> bool:
        """Whether the rule is for this phone and class."""
        return (not self.classes or kind in self.classes) and (not self.prefixes or phone.startswith(self.prefixes))


class Rules(_Model):
    """The file whole; every part has a default that lets everything pass."""

    unsure: dict[Kind, Unsure] = Field(default_factory=dict)
    pace: dict[Carrier, dict[str, Annotated[float, Field(gt=0)]]] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def order(self, phone: str, priority: int, running: Sequence[str]) -> Sequence[str]:
        """The running providers that may carry this message, the wanted one first; all, where no rule names one."""
        for route in self.routes:
            if route.fits(phone, CLASSES[priority]):
                return [name for name in route.providers if name in running] or running
        return running

    def parts_per_second(self, provider: str, sender: str) -> float | None:
        """How fast this sender may send; None: as fast as it can."""
        rates = self.pace.get(provider, {})  # type: ignore[call-overload]
        rate: float | None = rates.get(sender, rates.get("*"))
        return rate


def load_rules(path: Path = PATH) -> Rules:
    """Read the file. ContentError with file, line and reason of each fault."""
    source = read_yaml(path, path.parent)
    try:
        return Rules.model_validate(source.values)
    except ValidationError as error:
        raise ContentError(source.faults(error)) from None
