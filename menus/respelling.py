"""Other spellings of a message that nobody understood: letters that stand for each other, words that run together.

Decides: which other spellings are tried. Must not know: what they mean. What is read out of one is only ever a guess.
"""

from collections.abc import Collection, Iterator

from menus.normalise import fold
from menus.words import forms

_LETTERS = (("چ", "ك"), ("گ", "ق"), ("ظ", "ض"), ("ض", "ظ"))
"""In Iraqi spelling چ is written for ك and ج, گ for ق and ك, and ض and ظ for each other; fold() knows one of each."""
_LITTLE = frozenset({"من", "عن", "علي", "في", "الي", "مع", "هل", "او"})
SHORTEST = 5
"""Letters of a word that may be two."""
PART = 2


def respelt(text: str, known: Collection[str]) -> Iterator[str]:
    """The text with letters exchanged, then with words taken apart where both parts are among the `known` words."""
    spellings = [text]
    for letter, other in _LETTERS:
        if letter in text:
            spellings.append(text.replace(letter, other))
    yield from spellings[1:]
    for spelling in spellings:
        apart = " ".join(_apart(word, known) for word in spelling.split())
        if apart != " ".join(spelling.split()):
            yield apart


def _apart(word: str, known: Collection[str]) -> str:
    """Two words for one, where it is no word itself."""
    if len(fold(word)) < SHORTEST or _is_known(word, known):
        return word
    for place in range(len(word) - PART, PART - 1, -1):
        if _is_known(word[:place], known) and _is_known(word[place:], known):
            return f"{word[:place]} {word[place:]}"
    return word


def _is_known(word: str, known: Collection[str]) -> bool:
    folded = fold(word)
    return folded in _LITTLE or any(form in known for form in forms(folded))
