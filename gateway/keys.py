"""Officers' API keys: `<key id>.<secret>`, of which the store keeps the id and a hash.

Decides: what a key looks like and whose it is. Must not know: what its officer may do.
The secret is 256 random bits, so a plain SHA-256 is enough: slow hashes defend passwords, which people choose.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from store import officers
from store.db import Transaction
from store.officers import Officer

ID_BYTES = 6
SECRET_BYTES = 32
_BEARER = re.compile(r"bearer +(([A-Za-z0-9_-]{8})\.[A-Za-z0-9_-]{43}) *", re.IGNORECASE)
_NOBODY = "0" * 64
"""Compared with when no officer has the id, so that both answers take the same steps."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `key` is shown to its officer once and kept nowhere."""

    key: str
    key_id: str
    key_hash: str


def make() -> NewKey:
    """A new random key."""
    key_id = secrets.token_urlsafe(ID_BYTES)
    key = f"{key_id}.{secrets.token_urlsafe(SECRET_BYTES)}"
    return NewKey(key, key_id, hash(key))


def hash(key: str) -> str:
    """SHA-256 of the whole key, in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def authenticate(tx: Transaction, header: str | None) -> Officer | None:
    """The officer of an `Authorization: Bearer <key>` header; None when it is no key of an enabled officer."""
    given = _BEARER.fullmatch(header or "")
    if given is None:
        return None
    officer = officers.by_key_id(tx, given[2])
    fits = hmac.compare_digest(hash(given[1]), officer.key_hash if officer else _NOBODY)
    return officer if officer and fits and officer.disabled_at is None else None
