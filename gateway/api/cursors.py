"""Where a page of cases ends, as an opaque word.

Decides: the word's form. Must not know: how pages are read.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

Position = tuple[datetime, str]
"""Creation time and reference of the last case of a page."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = re.compile(rb"(-?[0-9]{1,16})\.([0-9]{8})")


def write(position: Position) -> str:
    """The cursor that continues after this position, to the microsecond."""
    created_at, reference = position
    micros = (created_at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(f"{micros}.{reference}".encode()).decode().rstrip("=")


def read(cursor: str) -> Position:
    """The position a cursor stands for; ValueError when it is none of ours."""
    try:
        plain = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        plain = b""
    found = _PLAIN.fullmatch(plain)
    if found is None or write(position := _position(found)) != cursor:
        raise ValueError("is not a cursor that this API gave")
    return position


def _position(found: re.Match[bytes]) -> Position:
    return _EPOCH + timedelta(microseconds=int(found[1])), found[2].decode()
