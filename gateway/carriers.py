"""The providers that run here, and which of them carries a message now.

Decides by the rules, by each provider's health, and by who tried before: a message that one provider surely did not
take goes to the next at once. It must not know any wire, nor the store.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from gateway.delivery_rules import Rules
from gateway.health_board import Board
from gateway.provider_health import Health
from gateway.providers import Outcome, Outgoing, Provider, grouped
from store.outbox import Claimed

IN_FLIGHT = 32
"""Requests at a time and provider: most notices have a text of their own, and each takes a fifth of a second."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """The messages of one request, and its parts (segments) in all."""

    provider: Provider
    messages: Sequence[Outgoing]
    parts: int


class Carriers:
    """Providers by preference, for several threads at once. `random` gives numbers in [0, 1)."""

    def __init__(
        self,
        providers: Sequence[Provider],
        rules: Rules,
        random: Callable[[], float],
        in_flight: int = IN_FLIGHT,
        board: Board | None = None,
    ) -> None:
        self.providers = {provider.name: provider for provider in providers}
        self.rules, self._random, self._board = rules, random, board
        self.health = {name: Health(in_flight) for name in self.providers}
        self.in_flight = in_flight * len(self.providers)
        self._batches, self._lock = 0, Lock()
        self._names = tuple(self.providers)

    def agree(self) -> None:
        """Take over what other workers saw of the providers, and tell them what was seen here."""
        if self._board is not None:
            with self._lock:
                self._board.agree(self.health)

    def rate(self, provider: Provider) -> float | None:
        """Parts a second that this provider's sender may send; None: no limit."""
        return self.rules.parts_per_second(provider.name, provider.sender)

    def choose(self, phone: str, priority: int, tried: str | None, now: datetime) -> str | None:
        """The provider for a message that `tried` had before; None while all that may carry it are closed."""
        order = self._names if len(self._names) == 1 else self.rules.order(phone, priority, self._names)
        may = [name for name in order if self.health[name].open(now)]
        others = [name for name in may if name != tried] or may
        for name in others[:-1]:
            if self._random() < self.health[name].share:
                return name
        return max(others, key=lambda name: self.health[name].share) if len(others) > 1 else next(iter(others), None)

    def parcels(self, claimed: Sequence[Claimed], now: datetime) -> tuple[list[Parcel], list[Claimed]]:
        """The requests to make, in the order of the messages, and the messages that nobody can carry now."""
        chosen: dict[str, list[Claimed]] = {}
        stranded: list[Claimed] = []
        for message in claimed:
            name = self.choose(message.phone, message.priority, message.provider, now)
            (stranded if name is None else chosen.setdefault(name, [])).append(message)
        return [parcel for name, messages in chosen.items() for parcel in self._packed(name, messages)], stranded

    def elsewhere(self, message: Claimed, provider: str, now: datetime) -> bool:
        """Whether another provider could carry this message at once."""
        order = self.rules.order(message.phone, message.priority, self._names)
        return any(name != provider and self.health[name].open(now) for name in order)

    def saw(self, provider: str, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Take in what came of a request."""
        with self._lock:
            self.health[provider].saw(outcomes, now)

    def room(self, now: datetime) -> dict[str, int]:
        """How many requests each provider may have now, of one batch of those at work; 0 for one that is closed."""
        each_of = max(self._batches, 1)
        return {
            name: max(health.window // each_of, 1) if health.open(now) else 0 for name, health in self.health.items()
        }

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A batch is being handed over: the batches at work share the room, so that none waits for another."""
        with self._lock:
            self._batches += 1
        try:
            yield
        finally:
            with self._lock:
                self._batches -= 1

    def closed(self, now: datetime) -> tuple[str, timedelta] | None:
        """Why nothing can be sent at all, and for how long; None while any provider may be asked."""
        if any(health.open(now) for health in self.health.values()):
            return None
        first = min(self.health.values(), key=lambda health: health.rest(now))
        return first.reason, first.rest(now)

    def rest(self, now: datetime) -> timedelta:
        """How long until the first of the closed providers may be asked again."""
        return min((rest for each in self.health.values() if (rest := each.rest(now))), default=timedelta(0))

    def _packed(self, name: str, messages: Sequence[Claimed]) -> list[Parcel]:
        provider = self.providers[name]
        rate, parts = self.rate(provider), {message.id: message.parts for message in messages}
        heaviest = max(1, *parts.values())
        limit = provider.recipients if rate is None else max(1, min(provider.recipients, int(rate / heaviest)))
        groups = grouped([outgoing(provider, message) for message in messages], limit)
        return [Parcel(provider, group, sum(parts[message.id] for message in group)) for group in groups]


def outgoing(provider: Provider, message: Claimed) -> Outgoing:
    """What the provider gets to see of a message; each attempt has an id of its own where we choose it."""
    own_id = provider.own_id(message.id, f"{message.resends}.{message.attempts}")
    return Outgoing(message.id, message.phone, message.text, own_id)
