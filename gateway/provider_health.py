"""How well a provider does, by its own answers: how many requests it may have at once, and its share of the traffic.

It starts with one request and doubles while answers come; silence brings it back to one, and three silences, or a
refusal of our account, close it for a while. What was closed or slow comes back by and by. It must not know the
store, the wire, the other providers, or how processes tell each other (gateway/health_board.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.providers import NO_ANSWER, Outcome

SLOW_MS = 4000
SILENCES = 3
SILENCE_PAUSE = timedelta(seconds=30)
HOLD_PAUSE = timedelta(seconds=60)
LEAST_SHARE = 0.05
STEP = 0.05


@dataclass(frozen=True, slots=True)
class Standing:
    """How a provider stands by what was seen at a moment: its share, why it is or was closed, and until when."""

    at: datetime
    share: float
    reason: str
    closed_until: datetime | None

    def same_as(self, other: "Standing") -> bool:
        """Whether both say the same of the provider, whenever they were seen."""
        return replace(self, at=other.at) == other


class Health:
    """One provider's; `most` requests at once when all is well. Many threads may read it, one at a time may write."""

    def __init__(self, most: int) -> None:
        self.most, self.window, self.share = most, 1, 1.0
        self.reason = ""
        self._silences = 0
        self._closed_until: datetime | None = None
        self._seen_at: datetime | None = None

    def standing(self) -> Standing | None:
        """How it stands; None while nobody has seen anything of it."""
        seen_at = self._seen_at
        return Standing(seen_at, self.share, self.reason, self._closed_until) if seen_at else None

    def adopt(self, said: Standing) -> None:
        """Believe what another process saw later."""
        if said.closed_until and said.closed_until != self._closed_until:
            self._silences, self.window = 0, 1
        self.share, self.reason, self._closed_until, self._seen_at = said.share, said.reason, said.closed_until, said.at

    def open(self, now: datetime) -> bool:
        """Whether it may be asked."""
        return not self.rest(now)

    def rest(self, now: datetime) -> timedelta:
        """How long it is still closed."""
        until = self._closed_until  # once: another thread may open it meanwhile
        return max(until - now, timedelta(0)) if until else timedelta(0)

    def saw(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Take in the outcomes of one request."""
        self._seen_at = now
        held = next((outcome.code for outcome in outcomes if outcome.outcome == "hold"), None)
        if held is not None:
            self._close(held, now + HOLD_PAUSE)
        elif outcomes and all(outcome.code in NO_ANSWER for outcome in outcomes):
            self._silent(outcomes[0].code, now)
        elif outcomes:
            self._answered(outcomes[0])

    def _answered(self, first: Outcome) -> None:
        self._silences, self._closed_until = 0, None
        self.window = min(self.most, self.window * 2)
        if first.latency_ms >= SLOW_MS or first.code.startswith("http_5"):
            self.share = max(LEAST_SHARE, self.share * 0.7)
        else:
            self.share = min(1.0, self.share + STEP)

    def _silent(self, code: str, now: datetime) -> None:
        self._silences, self.window = self._silences + 1, 1
        self.share = max(LEAST_SHARE, self.share / 2)
        if self._silences >= SILENCES:
            self._close(code, now + SILENCE_PAUSE)

    def _close(self, reason: str, until: datetime) -> None:
        self.reason, self._closed_until = reason, until
        self._silences, self.window, self.share = 0, 1, LEAST_SHARE
