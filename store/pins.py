"""Citizens' PINs: keyed hashes, wrong tries, and guesses from other phones. Knows no PIN."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import rows
from store.db import Transaction

KEPT = timedelta(days=2)
"""Guesses are counted by the day."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A phone's PIN as it is kept; `pin_tries`: wrong ones since the last right one."""

    pin_hash: str | None
    pin_tries: int
    pin_locked_until: datetime | None


_FIND = "SELECT pin_hash, pin_tries, pin_locked_until FROM gateway.person WHERE phone = :phone AND pin_hash IS NOT NULL"
_FOUND = sa.text(_FIND)
_LOCKED = sa.text(f"{_FIND} FOR UPDATE")
_KEEP = sa.text("""
    INSERT INTO gateway.person AS p (phone, pin_hash, created_at, updated_at) VALUES (:phone, :hash, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        pin_hash = excluded.pin_hash, pin_tries = 0, pin_locked_until = NULL, updated_at = excluded.updated_at""")
_FORGET = sa.text("""
    UPDATE gateway.person SET pin_hash = NULL, pin_tries = 0, pin_locked_until = NULL, updated_at = :now
    WHERE phone = :phone AND pin_hash IS NOT NULL""")
_TRIED = sa.text("""
    UPDATE gateway.person SET pin_tries = :tries, pin_locked_until = :until, pin_hash = coalesce(:hash, pin_hash)
    WHERE phone = :phone AND pin_hash IS NOT NULL""")
_MISSED = sa.text("SELECT count(*) FROM gateway.pin_miss WHERE phone = :phone AND at > :since")
_MISS = sa.text("INSERT INTO gateway.pin_miss (phone, at) VALUES (:phone, :now)")
_FORGET_MISSES = sa.text("DELETE FROM gateway.pin_miss WHERE at < :before")


def find(tx: Transaction, phone: str) -> Pin | None:
    """The PIN of a phone that has one."""
    return rows.first(Pin, tx.execute(_FOUND, {"phone": phone}))


def lock(tx: Transaction, phone: str) -> Pin | None:
    """The same, for this transaction alone: two tries at once are two tries."""
    return rows.first(Pin, tx.execute(_LOCKED, {"phone": phone}))


def keep(tx: Transaction, phone: str, pin_hash: str, now: datetime) -> None:
    """This is the PIN now."""
    tx.execute(_KEEP, {"phone": phone, "hash": pin_hash, "now": now})


def forget(tx: Transaction, phone: str, now: datetime) -> bool:
    """There is no PIN any more; False when there was none."""
    return tx.execute(_FORGET, {"phone": phone, "now": now}).rowcount == 1


def right(tx: Transaction, phone: str, pin_hash: str) -> None:
    """A right try; the hash is kept anew, under the newest key."""
    tx.execute(_TRIED, {"phone": phone, "tries": 0, "until": None, "hash": pin_hash})


def wrong(tx: Transaction, phone: str, tries: int, until: datetime | None) -> None:
    """A wrong try; `until`: locked till then."""
    tx.execute(_TRIED, {"phone": phone, "tries": tries, "until": until, "hash": None})


def missed(tx: Transaction, phone: str, since: datetime) -> int:
    """Wrong guesses of this phone at other people's requests."""
    return int(tx.execute(_MISSED, {"phone": phone, "since": since}).scalar_one())


def miss(tx: Transaction, phone: str, now: datetime) -> None:
    """Count a wrong guess."""
    tx.execute(_FORGET_MISSES, {"before": now - KEPT})
    tx.execute(_MISS, {"phone": phone, "now": now})
