"""Spelling folded away, so that one keyword is found however a citizen writes it.

Decides: which letters and marks count as the same. Must not know: any keyword. Folded text is only for looking up;
what is kept or shown is the citizen's own text, at most tidied.
"""

import re
from unicodedata import category, normalize

from menus.digits import ascii_digits

_TATWEEL = "ـ"
_DROPPED = frozenset({"Cf", "Mn"})
_UNSTORABLE = frozenset({"Cc", "Cs"})
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys("ىیئ", "ي"),
        **dict.fromkeys("ةە", "ه"),
        "ؤ": "و",
        "ک": "ك",
        "گ": "ك",
        "چ": "ج",
        "پ": "ب",
        "ڤ": "ف",
        "ء": None,
    }
)
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def tidy(text: str) -> str:
    """One form per character, digits as 0-9, no bidi marks, joiners, harakat or tatweel, controls as spaces."""
    if text.isascii() and text.isprintable():  # nearly every input of a call
        return text.strip()
    kept = [char for char in map(_tidy_char, normalize("NFKC", text)) if char]
    return ascii_digits("".join(kept)).strip()


def fold(text: str) -> str:
    """The text as keywords are compared: tidied, letters folded, drawn-out letters shortened, words one space apart.

    Cases are folded before drawn-out letters are shortened, so 'HELppp' is 'help' too.
    """
    letters = tidy(text).casefold().translate(_LETTERS)
    return _BETWEEN_WORDS.sub(" ", _STRETCHED.sub(r"\1", letters)).strip()


def _tidy_char(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    kind = category(char)
    if kind in _DROPPED or char == _TATWEEL:
        return ""
    return " " if kind in _UNSTORABLE else char
