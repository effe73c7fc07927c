"""Officers and the hashes of their API keys. Sees no key, and decides no right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import rows
from store.db import Transaction


class NameTaken(Exception):  # noqa: N818
    """There is an officer of that name, perhaps a disabled one."""


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer; `key_hash` is the SHA-256 of the whole key, in hexadecimal."""

    id: int
    name: str
    roles: tuple[str, ...]
    directorate: str
    key_id: str
    key_hash: str
    created_at: datetime
    disabled_at: datetime | None


_ADD = sa.text("""
    INSERT INTO gateway.officer (name, roles, directorate, key_id, key_hash, created_at)
    VALUES (:name, :roles, :directorate, :key_id, :key_hash, :now) ON CONFLICT (name) DO NOTHING RETURNING *""")
_NEW_KEY = sa.text("UPDATE gateway.officer SET key_id = :key_id, key_hash = :key_hash WHERE name = :name")
_ALL = sa.text("SELECT * FROM gateway.officer ORDER BY name")
_DISABLE = sa.text("UPDATE gateway.officer SET disabled_at = coalesce(disabled_at, :now) WHERE name = :name")
_BY_KEY = sa.text("SELECT * FROM gateway.officer WHERE key_id = :key_id")


def _officers(result: sa.CursorResult[Any]) -> list[Officer]:
    return [replace(officer, roles=tuple(officer.roles)) for officer in rows.every(Officer, result)]


def add(
    tx: Transaction, name: str, roles: Sequence[str], directorate: str, key_id: str, key_hash: str, now: datetime
) -> Officer:
    """The new officer. NameTaken when there is one of that name."""
    given = {"name": name, "roles": list(roles), "directorate": directorate, "key_id": key_id, "key_hash": key_hash}
    added = _officers(tx.execute(_ADD, {**given, "now": now}))
    if not added:
        raise NameTaken(name)
    return added[0]


def new_key(tx: Transaction, name: str, key_id: str, key_hash: str) -> bool:
    """Replace the officer's key; the old one stops working. False when there is no such officer."""
    return tx.execute(_NEW_KEY, {"name": name, "key_id": key_id, "key_hash": key_hash}).rowcount == 1


def list_all(tx: Transaction) -> list[Officer]:
    """Every officer, disabled ones too, by name."""
    return _officers(tx.execute(_ALL))


def disable(tx: Transaction, name: str, now: datetime) -> bool:
    """Disable an officer, whose deeds stay. False when there is no such officer."""
    return tx.execute(_DISABLE, {"name": name, "now": now}).rowcount == 1


def by_key_id(tx: Transaction, key_id: str) -> Officer | None:
    """The officer whose key has this public part, disabled or not."""
    found = _officers(tx.execute(_BY_KEY, {"key_id": key_id}))
    return found[0] if found else None
