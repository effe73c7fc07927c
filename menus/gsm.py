"""How long a text is on the air, where it may be cut, and how USSD packs it.

Decides: septets against UTF-16 units, the parts of an SMS, the octets of a USSD string. Must not know: screens,
languages, operators' limits (they arrive as a `Budget`) or who carries the text.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from unicodedata import category

# 3GPP TS 23.038 §6.2.1, in code order; 0x1B is the escape to the extension table and is no character of ours.
_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 3GPP TS 23.038 §6.2.1.1
_EXTENSION = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", "\f^{}\\[~]|€", strict=True))
_ESCAPE = 0x1B
_CR = 0x0D
_CODES = {char: bytes((code,)) for code, char in enumerate(_DEFAULT) if code != _ESCAPE} | {
    char: bytes((_ESCAPE, code)) for code, char in _EXTENSION.items()
}
_GSM = frozenset(_CODES)
_DOUBLE = "".join(_EXTENSION.values())
_SINGLE = _GSM.difference(_DOUBLE)

_ZWJ = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def is_gsm(text: str) -> bool:
    """Whether every character is in the default or extension alphabet (3GPP TS 23.038 §6.2.1)."""
    return _GSM.issuperset(text)


def septets(text: str) -> int:
    """Length in septets of a text for which `is_gsm` holds; an extension character is two."""
    return len(text) + sum(map(text.count, _DOUBLE))


def utf16_units(text: str) -> int:
    """Length in UTF-16 code units, the way UCS-2 is counted: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cost(text: str) -> int:
    """Units the network charges: septets when the whole text is GSM, else UTF-16 units."""
    return septets(text) if is_gsm(text) else utf16_units(text)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one message may hold: so many septets, or so many UTF-16 units once one character is outside GSM.

    `first`: what the first screen of a session may hold, where a network puts words of its own before it.
    """

    septets: int
    ucs2: int
    first: "Budget | None" = None

    def room(self, text: str) -> int:
        """Units left in the text's own alphabet; negative when it is too long."""
        if _SINGLE.issuperset(text):  # nearly every text that is GSM: one look at each character
            return self.septets - len(text)
        return self.septets - septets(text) if _GSM.issuperset(text) else self.ucs2 - utf16_units(text)

    def fits(self, text: str) -> bool:
        """Whether the text is within the budget."""
        if 2 * len(text) <= self.ucs2 <= self.septets:  # no character costs more than two units
            return True
        return self.room(text) >= 0


# 140 octets, and 134 after the six octets of a concatenation header (3GPP TS 23.040 §9.2.3.24.1).
SMS_SINGLE = Budget(septets=160, ucs2=70)
SMS_PART = Budget(septets=153, ucs2=67)


def clusters(text: str) -> Iterator[str]:
    """The pieces of a text that must not be cut: a base with its marks, and what a ZWJ or a skin tone joins."""
    start = 0
    for end in range(1, len(text)):
        if not _sticks(text[end - 1], text[end]):
            yield text[start:end]
            start = end
    if text:
        yield text[start:]


def segments(text: str) -> int:
    """How many SMS the text is billed as: 160/153 septets or 70/67 UTF-16 units; an empty text is one."""
    return 1 if SMS_SINGLE.fits(text) else len(sms_parts(text))


def sms_parts(text: str) -> list[str]:
    """The text cut as concatenated SMS parts, filled in turn; no escape pair, surrogate pair or cluster is cut."""
    if SMS_SINGLE.fits(text):
        return [text]
    if is_gsm(text):
        return list(_fill(text, septets, SMS_PART.septets))
    return list(_fill(_fitting(text), utf16_units, SMS_PART.ucs2))


def pack_ussd(text: str) -> bytes:
    """Seven-bit packing of a USSD string with its CR padding (3GPP TS 23.038 §6.1.2.3); ValueError if not GSM."""
    try:
        codes = b"".join([_CODES[char] for char in text])
    except KeyError as error:
        raise ValueError(f"not in the GSM alphabet: {error.args[0]!r}") from None
    spare = -len(codes) * 7 % 8
    # Seven zero bits would be read as '@'; and a wanted CR on an octet boundary would be taken for the padding.
    if spare == 7 or (spare == 0 and codes.endswith(bytes((_CR,)))):
        codes += bytes((_CR,))
    packed = 0
    for code in reversed(codes):
        packed = packed << 7 | code
    return packed.to_bytes((len(codes) * 7 + 7) // 8, "little")


def _sticks(before: str, char: str) -> bool:
    if char < "\u0300" and before != _ZWJ:
        return False
    joined = _ZWJ in (before, char) or _SKIN_TONES[0] <= char <= _SKIN_TONES[1]
    return joined or category(char) in _MARKS


def _fitting(text: str) -> Iterator[str]:
    for cluster in clusters(text):
        # A letter under more marks than a part can hold is no writing: cut it rather than overrun.
        yield from (cluster,) if utf16_units(cluster) <= SMS_PART.ucs2 else cluster


def _fill(pieces: Iterable[str], measure: Callable[[str], int], limit: int) -> Iterator[str]:
    part: list[str] = []
    used = 0
    for piece in pieces:
        size = measure(piece)
        if used + size > limit:
            yield "".join(part)
            part, used = [], 0
        part.append(piece)
        used += size
    yield "".join(part)
