"""Providers put to work without settings, for tests of the sending side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from gateway import jobs
from gateway.carriers import Carriers
from gateway.delivery_rules import Rules
from gateway.jobs import Drained
from gateway.providers import Outcome, Outgoing, Provider
from gateway.stopping import Stop
from store.db import Database

NO_RULES = Rules()


class Scripted:
    """A provider that does in `send` what a test wants, and keeps what it was given."""

    sender, recipients = "MISSAN", 100

    def __init__(self, send: Callable[[Sequence[Outgoing]], list[Outcome]], name: str = "africastalking") -> None:
        self.name, self._send = name, send
        self.given: list[Outgoing] = []

    def own_id(self, message_id: int, attempt: str) -> str | None:
        return None

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        self.given += messages
        return self._send(messages)

    def close(self) -> None:
        pass


def carrying(*providers: Provider, rules: Rules = NO_RULES, in_flight: int = 8, first: bool = True) -> Carriers:
    """Carriers that always take the first that is well; `first=False`: always the last."""
    return Carriers(providers, rules, lambda: 0.0 if first else 0.999, in_flight)


def drain_once(
    db: Database, carriers: Carriers, now: Callable[[], datetime], stop: Stop | None = None, size: int = 100
) -> Drained:
    """One batch."""
    with ThreadPoolExecutor(carriers.in_flight) as pool:
        return jobs.drain_once(db, carriers, now, stop or Stop(), pool, size=size)


def drain(db: Database, providers: Sequence[Provider] | Provider, now: Callable[[], datetime]) -> Drained:
    """Drain all with these providers, which nobody knows anything of yet."""
    given = providers if isinstance(providers, Sequence) else [providers]
    return jobs.drain_all(db, carrying(*given), now, Stop())
