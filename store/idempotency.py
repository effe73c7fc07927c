"""Answers already given to requests that carry an idempotency key, kept in the transaction that did the work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Remembered:
    """`fingerprint` is of the first request, to tell a repeat from another request under the same key."""

    fingerprint: str
    result: dict[str, Any]


_RECALL = sa.text("SELECT fingerprint, result FROM gateway.idempotency WHERE key = :key")
_REMEMBER = sa.text("""
    INSERT INTO gateway.idempotency (key, fingerprint, result, at) VALUES (:key, :fingerprint, :result, :now)
    ON CONFLICT (key) DO NOTHING""")


def recall(tx: Transaction, key: str) -> Remembered | None:
    """What the first request under this key was answered."""
    return rows.first(Remembered, tx.execute(_RECALL, {"key": key}))


def remember(tx: Transaction, key: str, fingerprint: str, result: Mapping[str, Any], now: datetime) -> bool:
    """Keep the answer. False when another transaction was first: waits for it, and the caller rolls back its own."""
    kept = {"key": key, "fingerprint": fingerprint, "result": Jsonb(dict(result)), "now": now}
    return tx.execute(_REMEMBER, kept).rowcount == 1
