"""A phone's one spelling, E.164, from however it was typed or sent; and how much of it a log may show.

Decides: what is a phone number. Must not know: whose it is, or whether it can be reached. The operator is never
read off a number: Iraqi numbers move between operators.
"""

import re
from unicodedata import category

import phonenumbers

from menus.digits import ascii_digits

_HOME = "IQ"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_HOME_MOBILE = re.compile(r"\+9647[3-9][0-9]{8}")
_TYPED = re.compile(r"\+?[0-9][0-9 ().\-]{5,30}")


def to_e164(raw: str) -> str | None:
    """E.164 of a valid Iraqi number in any usual form, or of a valid foreign one that starts with + or 00."""
    plain = "".join([char for char in ascii_digits(raw) if category(char) != "Cf"]).strip()
    if _HOME_MOBILE.fullmatch(plain):
        return plain
    # The library would also read letters as a keypad and cut a number out of a sentence.
    if not _TYPED.fullmatch(plain):
        return None
    try:
        number = phonenumbers.parse(plain, _HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def from_wire(raw: str) -> str | None:
    """E.164 of what a provider sent: its word is taken for a number that only looks odd; None if it is no number."""
    if _HOME_MOBILE.fullmatch(raw):  # nearly every one
        return raw
    # A '+' sent unescaped in a form arrives as a space.
    mended = raw.strip()
    if raw.startswith(" ") and not mended.startswith(("+", "0")):
        mended = "+" + mended
    known = to_e164(mended)
    if known or _E164.fullmatch(mended):
        return known or mended
    return to_e164("+" + mended)


def mask(phone: str) -> str:
    """'+9647…89': country code, first digit and last two, for logs; '…' for what is no E.164 number."""
    if not _E164.fullmatch(phone):
        return "…"
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    country = next((length for length in (1, 2, 3) if int(phone[1 : 1 + length]) in codes), 3)
    return f"{phone[: country + 2]}…{phone[-2:] if len(phone) > 9 else ''}"
