"""Pace: how many parts a sender of a provider may hand over now, counted across all workers.

A bucket that fills with time. It lies beside the messages and not in Redis: where it cannot be asked, nothing can be
claimed either, so it never has to be guessed whether to send without it. Knows no provider.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Pace:
    """`tokens` parts may go now (negative: a long text was let through on credit), `rate` more each second."""

    provider: str
    sender: str
    rate: float
    tokens: float

    def wait_s(self) -> float:
        """Seconds until the next part may go."""
        return 1 / self.rate + max(0.0, -self.tokens) / self.rate


# FOR NO KEY UPDATE on a row that may not be there yet: the first one makes it.
_OPEN = sa.text("""
    INSERT INTO gateway.pace AS p (provider, sender, tokens, at) VALUES (:provider, :sender, :burst, :now)
    ON CONFLICT (provider, sender) DO UPDATE SET
        tokens = least(:burst, p.tokens + :rate * greatest(0, extract(epoch FROM excluded.at - p.at))),
        at = greatest(p.at, excluded.at)
    RETURNING tokens""")
_SPEND = sa.text("""
    UPDATE gateway.pace SET tokens = tokens - :parts WHERE provider = :provider AND sender = :sender""")


def filled(tx: Transaction, provider: str, sender: str, rate: float, now: datetime) -> Pace:
    """The bucket as it is now, kept from other workers until the transaction ends. It holds one second's parts."""
    bucket = {"provider": provider, "sender": sender, "rate": rate, "burst": max(rate, 1.0)}
    return Pace(provider, sender, rate, tx.execute(_OPEN, {**bucket, "now": now}).scalar_one())


def spend(tx: Transaction, pace: Pace, parts: int) -> None:
    """Take parts out; more than there are is a debt that the next seconds pay."""
    if parts:
        tx.execute(_SPEND, {"provider": pace.provider, "sender": pace.sender, "parts": parts})
