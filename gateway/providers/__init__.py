"""The port to whoever carries an SMS: what goes out, and what came of it. Errors are data, never exceptions.

It must not know any provider's wire, the store or the queue. Why there are five outcomes: docs/adr/0004-unsure.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

AFRICASTALKING = "africastalking"
KANNEL = "kannel"

Result = Literal["sent", "retry", "failed", "unsure", "hold"]

NO_ANSWER = frozenset({"connect", "timeout", "lost"})
"""The codes of every provider for: nobody answered. Several in a row speak of the line, not of the messages."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one phone (E.164); `own_id` is what `Provider.own_id` made of the attempt."""

    id: int
    phone: str
    text: str
    own_id: str | None = None


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
    unroutable: bool = False
    """Failed only because this provider has no way to the phone: another one may have."""


class Provider(Protocol):
    """Carries messages, for several threads at once."""

    @property
    def name(self) -> str:
        """What is written beside `provider_id` in the store."""
        ...

    @property
    def sender(self) -> str:
        """Our name on the phone; a provider limits the pace of each."""
        ...

    @property
    def recipients(self) -> int:
        """Most phones of one request."""
        ...

    def own_id(self, message_id: int, attempt: str) -> str | None:
        """The id under which delivery reports will name this attempt, where we choose it; None: the answer tells."""
        ...

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One outcome for each message, in the same order; raises nothing."""
        ...

    def close(self) -> None:
        """Close idle connections; a later send opens new ones."""
        ...


def grouped(messages: Sequence[Outgoing], limit: int) -> list[list[Outgoing]]:
    """The requests to make: one text, no phone twice, at most `limit` recipients; by first appearance."""
    groups: list[list[Outgoing]] = []
    of_text: dict[str, list[tuple[list[Outgoing], set[str]]]] = {}
    for message in messages:
        for group, phones in of_text.setdefault(message.text, []):
            if len(group) < limit and message.phone not in phones:
                break
        else:
            group, phones = [], set()
            groups.append(group)
            of_text[message.text].append((group, phones))
        group.append(message)
        phones.add(message.phone)
    return groups
