"""Sealed values: sensitive answers as they are stored, opened again only where somebody may see them.

Decides: the cipher, the form of a sealed value and of a look-up hash. Must not know: which fields are sensitive, where
the keys come from. A value is sealed under the newest key (AES-256-GCM, NIST SP 800-38D, random 96-bit nonce) and
bound to its field's name, so that it cannot be passed off as another field's.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "enc"
"""A sealed value is `{"enc": "<key id>.<nonce and ciphertext in URL-safe base64>"}`."""
KEY_BYTES = 32
NONCE_BYTES = 12


class UnknownKey(Exception):  # noqa: N818
    """A value is sealed under a key that FIELD_KEYS no longer holds, or somebody changed it."""


@dataclass(frozen=True)
class Seals:
    """The field keys, newest first: each 32 bytes. `randomly` gives nonces."""

    keys: Sequence[bytes]
    randomly: Callable[[int], bytes] = os.urandom

    @cached_property
    def _by_id(self) -> Mapping[str, bytes]:
        return {key_id(key): key for key in self.keys}

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return key_id(self.keys[0])

    @property
    def ids(self) -> list[str]:
        """The ids of all keys, newest first."""
        return list(self._by_id)

    def seal(self, field: str, value: str) -> dict[str, str]:
        """The value as it is stored."""
        nonce = self.randomly(NONCE_BYTES)
        sealed = nonce + AESGCM(self.keys[0]).encrypt(nonce, value.encode(), field.encode())
        return {MARK: f"{self.newest}.{base64.urlsafe_b64encode(sealed).decode()}"}

    def open(self, field: str, stored: Any) -> Any:
        """The value; what is not sealed is given back as it is. UnknownKey."""
        if not is_sealed(stored):
            return stored
        named, _, text = stored[MARK].partition(".")
        try:
            sealed = base64.urlsafe_b64decode(text)
            nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return AESGCM(self._by_id[named]).decrypt(nonce, body, field.encode()).decode()
        except (KeyError, ValueError, InvalidTag):
            raise UnknownKey(f"{field} is sealed under {named}; FIELD_KEYS holds {', '.join(self.ids)}") from None

    def is_current(self, stored: Any) -> bool:
        """Whether a stored value needs no new seal."""
        return not is_sealed(stored) or stored[MARK].startswith(f"{self.newest}.")

    def lookup(self, field: str, value: str) -> str:
        """A keyed hash to find equal values by, under the newest key (HMAC-SHA-256, RFC 2104)."""
        return self.lookups(field, value)[0]

    def lookups(self, field: str, value: str) -> list[str]:
        """The same under each key: what was stored before a rotation is found as well."""
        return [f"{name}.{_keyed(key, field, value)}" for name, key in self._by_id.items()]


def is_sealed(stored: Any) -> bool:
    """Whether this is a sealed value."""
    return isinstance(stored, Mapping) and set(stored) == {MARK} and isinstance(stored[MARK], str)


def key_id(key: bytes) -> str:
    """The public name of a key: 8 hexadecimal digits that tell nothing else of it."""
    return hashlib.sha256(b"missan field key id" + key).hexdigest()[:8]


def read_key(text: str) -> bytes:
    """A key from its URL-safe base64 form, padded or not; ValueError when it is not 32 bytes."""
    key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"is {len(key)} bytes, not {KEY_BYTES}")
    return key


def _keyed(key: bytes, field: str, value: str) -> str:
    own = hmac.new(key, b"missan look-up " + field.encode(), hashlib.sha256).digest()
    return hmac.new(own, value.encode(), hashlib.sha256).hexdigest()
