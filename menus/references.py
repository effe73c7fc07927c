"""The number a citizen keeps: eight digits, the first 2 to 9, the last a Damm check digit.

Decides: which eight digits are a reference, and where one stands in a message. Must not know: whether such an
application exists, or what service it is for: the number tells nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stdnum import damm

from menus.digits import GLUE, ascii_digits, only_digits

LENGTH = 8
_SHAPE = re.compile(r"[2-9][0-9]{7}")
_RUN = re.compile(r"[0-9]+")
_GROUP = re.compile(rf"[0-9]+(?:{GLUE}+[0-9]+)*")
# Long numbers people write in groups, where eight neighbouring digits mean nothing: a mobile, a national card.
_MOBILE = re.compile(r"(?:00964|964|0)?7[3-9][0-9]{8}")
CARD_LENGTH = 12

Kind = Literal["valid", "bad", "none"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """Whether a text holds a reference ('bad': eight digits that are none), those digits, and the text around them."""

    kind: Kind
    digits: str | None
    rest: str


def make(seven: int) -> str:
    """The reference of a number from 2 000 000 to 9 999 999, its check digit added; ValueError outside."""
    if not 2_000_000 <= seven <= 9_999_999:
        raise ValueError(f"a reference starts from seven digits, the first 2 to 9, not {seven}")
    return f"{seven}{damm.calc_check_digit(str(seven))}"


def is_reference(text: str) -> bool:
    """Whether the text is exactly a reference in plain digits."""
    return bool(_SHAPE.fullmatch(text)) and damm.checksum(text) == 0


def parse(text: str) -> Parsed:
    """A text that should be one reference and nothing else; any digits, inner spaces, hyphens and bidi marks pass."""
    digits = only_digits(text, LENGTH, LENGTH)
    if digits is None:
        return Parsed("none", None, text)
    return Parsed("valid" if is_reference(digits) else "bad", digits, "")


def find(text: str) -> Parsed:
    """The reference inside a message, a right one before a wrong one; `rest` has plain digits and not the reference."""
    plain = ascii_digits(text)
    first_bad: Parsed | None = None
    for group in _GROUP.finditer(plain):
        for runs in _eights(list(_RUN.finditer(plain, *group.span()))):
            digits = "".join(run[0] for run in runs)
            rest = f"{plain[: runs[0].start()]} {plain[runs[-1].end() :]}".strip()
            if is_reference(digits):
                return Parsed("valid", digits, rest)
            if not first_bad and not (len(runs) > 1 and _is_card(group[0])):
                first_bad = Parsed("bad", digits, rest)
    return first_bad or Parsed("none", None, plain.strip())


def _eights(runs: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Neighbouring runs of digits that make eight together; none in a mobile number written in groups."""
    if len(runs) > 1 and _MOBILE.fullmatch("".join(run[0] for run in runs)):
        return
    for first in range(len(runs)):
        length = 0
        for last in range(first, len(runs)):
            length += len(runs[last][0])
            if length >= LENGTH:
                break
        if length == LENGTH:
            yield runs[first : last + 1]


def _is_card(group: str) -> bool:
    return sum(map(str.isdecimal, group)) == CARD_LENGTH
