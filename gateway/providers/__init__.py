"""The port to whoever carries an SMS: what goes out, and what came of it. Errors are data, never exceptions.

It must not know any provider's wire, the store or the queue. Why there are five outcomes: docs/adr/0004-unsure.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

AFRICASTALKING = "africastalking"

Result = Literal["sent", "retry", "failed", "unsure", "hold"]

NO_ANSWER = frozenset({"connect", "timeout", "lost"})
"""The codes of every provider for: nobody answered. Several in a row speak of the line, not of the messages."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one phone (E.164)."""

    id: int
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one message.

    sent: taken. retry: certainly not taken, later may work. failed: certainly not taken, never will be.
    unsure: may have been taken, so never repeated by itself. hold: certainly not taken, and our account or settings
    are the reason: the whole line waits for a person.
    """

    message_id: int
    outcome: Result
    provider_id: str | None = None
    code: str = ""
    detail: str = ""
    cost: str | None = None
    latency_ms: int = 0
    tries: int | None = None
    """Most attempts that this cause is worth; None: as many as the back-off table has."""


class Provider(Protocol):
    """Carries messages; `name` is what is written beside `provider_id` in the store."""

    @property
    def name(self) -> str: ...

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One outcome for each message, in the same order; raises nothing."""
        ...


def grouped(messages: Sequence[Outgoing], limit: int) -> list[list[Outgoing]]:
    """The requests to make: one text, no phone twice, at most `limit` recipients; by first appearance."""
    groups: list[list[Outgoing]] = []
    for message in messages:
        for group in groups:
            if group[0].text == message.text and len(group) < limit and not _has(group, message.phone):
                group.append(message)
                break
        else:
            groups.append([message])
    return groups


def _has(group: Sequence[Outgoing], phone: str) -> bool:
    return any(other.phone == phone for other in group)
