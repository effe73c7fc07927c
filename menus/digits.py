"""Numbers as citizens type them, in any script's digits, turned into plain ones or refused.

Decides: which characters are digits, and which marks between them mean nothing. Must not know: which question is
asked. Never `isdigit`, `\\d` or a bare `int()`: they take '²', leave '٣' as it is, and raise on very long input.
"""

import re
from unicodedata import category, decimal

# What people put inside a long number: spaces, any hyphen, and the Arabic keyboard's tatweel.
GLUE = r"[\s\-_\u2010-\u2015\u2212\u0640]"

_JOINED = re.compile(rf"[0-9]+(?:{GLUE}+[0-9]+)*")
_GLUE = re.compile(GLUE)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[ ,\u066c][0-9]{3})+")
_SEPARATOR = re.compile(r"[\s/.\-\u2010-\u2015\u2212]+")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_MAX_DIGITS = 18
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def ascii_digits(text: str) -> str:
    """The text with every decimal digit of any script as 0-9, and nothing else changed."""
    if text.isascii():
        return text
    return "".join([str(decimal(char)) if char.isdecimal() else char for char in text])


def only_digits(text: str, low: int, high: int) -> str | None:
    """The digits, `low` to `high` of them, if the text is nothing else but inner spaces, hyphens and bidi marks."""
    if _is_digits(text):
        return text if low <= len(text) <= high else None
    plain = _plain(text)
    if not _JOINED.fullmatch(plain):
        return None
    digits = _GLUE.sub("", plain)
    return digits if low <= len(digits) <= high else None


def to_int(text: str, low: int, high: int) -> int | None:
    """A whole number from `low` to `high`, thousands groups allowed ('2,500'); no sign, no decimals."""
    plain = _plain(text)
    if not _is_digits(plain) and _THOUSANDS.fullmatch(plain):
        plain = re.sub("[ ,\u066c]", "", plain)
    if not _is_digits(plain) or len(plain) > _MAX_DIGITS:
        return None
    number = int(plain)
    return number if low <= number <= high else None


def year_month(text: str) -> str | None:
    """'201905' from '201905', '2019/5', '2019-05' or '5/2019'; year 1900 to 2099, month 01 to 12."""
    parts = _SEPARATOR.split(_plain(text))
    if len(parts) == 1 and len(parts[0]) == 6:
        parts = [parts[0][:4], parts[0][4:]]
    if len(parts) != 2 or not all(map(_is_digits, parts)):
        return None
    year, month = parts if len(parts[0]) == 4 else reversed(parts)
    if not _YEAR.fullmatch(year) or len(month) > 2 or not 1 <= int(month) <= 12:
        return None
    return f"{year}{int(month):02}"


def day_month(text: str) -> str | None:
    """'15/09' from '15/09', '15-9', '15.9' or '1509', if some year has that day (29/02 is one)."""
    parts = _SEPARATOR.split(_plain(text))
    if len(parts) == 1 and len(parts[0]) == 4:
        parts = [parts[0][:2], parts[0][2:]]
    if len(parts) != 2 or not all(_is_digits(part) and len(part) <= 2 for part in parts):
        return None
    day, month = int(parts[0]), int(parts[1])
    if not 1 <= month <= 12 or not 1 <= day <= _LONGEST[month - 1]:
        return None
    return f"{day:02}/{month:02}"


def _plain(text: str) -> str:
    folded = ascii_digits(text)
    if not folded.isascii():
        folded = "".join([char for char in folded if category(char) != "Cf"])
    return folded.strip()


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
