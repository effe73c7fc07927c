"""What every provider callback shares: the secret in its path, and a form read without surprises.

Decides: whether a request is a provider's, and whether its form can be used. Must not know: what the form means.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl

from flask import Request
from pydantic import SecretStr
from werkzeug.exceptions import RequestEntityTooLarge

MAX_BODY = 16 * 1024
"""Bytes. A hop's transcript or an SMS is a few hundred."""
MAX_FIELDS = 40
FORM = "application/x-www-form-urlencoded"

TEXT = "text/plain; charset=utf-8"


class BadForm(Exception):  # noqa: N818
    """A callback's form cannot be used; `str()` is a reason without personal data."""


def secret_check(secrets: Sequence[SecretStr]) -> Callable[[str], bool]:
    """A test for path secrets that takes the same time whichever is wrong, and compares all of them."""
    known = [secret.get_secret_value().encode() for secret in secrets]

    def is_known(given: str) -> bool:
        matches = [hmac.compare_digest(given.encode(), secret) for secret in known]  # all, whichever fits
        return any(matches)

    return is_known


def read_form(request: Request, needed: Sequence[str]) -> Mapping[str, str]:
    """The form's fields; BadForm when it is no form, too large, has a field twice, or lacks one that is needed."""
    if request.mimetype != FORM:
        raise BadForm("content type is not a form")
    if (request.content_length or 0) > MAX_BODY:
        raise BadForm("body is too large")
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise BadForm("body is too large") from None
    return fields(body, needed)


def fields(body: bytes, needed: Sequence[str]) -> Mapping[str, str]:
    """The fields of a form's body; BadForm as above."""
    try:
        pairs = _pairs(body.replace(b"\0", b"").decode("ascii"))
    except ValueError:  # not ASCII, not UTF-8 inside, or too many fields
        raise BadForm("body is not a form in UTF-8") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadForm("a field is there twice")
    for name in needed:
        if name not in found:
            raise BadForm(f"no field {name}")
    return found


def _pairs(body: str) -> list[tuple[str, str]]:
    """`parse_qsl`, which costs a hop a tenth of its time, for what is escaped in nearly every hop: `*`, `#` and `+`.

    PostgreSQL keeps no NUL: it is left out.
    """
    plain = body.replace("+", " ").replace("%2A", "*").replace("%23", "#").replace("%2B", "+")
    if "%" in plain or plain.count("&") >= MAX_FIELDS:
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        return [(name, value.replace("\0", "")) for name, value in pairs]
    return [each.partition("=")[::2] for each in plain.split("&") if each]
