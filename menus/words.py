"""A message as words: each folded, with its place in the text, the forms it may be looked up by, and its language.

Decides: what a word is, and which letters joined to it are no part of it. Must not know: any keyword.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from menus.normalise import fold

WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9]")
_LATIN = re.compile(r"[a-z]")
# Joined to an Arabic word: and, by, to, so, and the article.
_CLITICS = ("وال", "بال", "فال", "لل", "ال", "و", "ب", "ل", "ف")

Language = Literal["ar", "en"]


class Word(NamedTuple):
    """One word, folded; where it stands in the text it came from."""

    folded: str
    start: int
    end: int


def joined(words: Sequence[Word]) -> str:
    """The words as one phrase."""
    return " ".join(word.folded for word in words)


def runs(words: Sequence[Word], longest: int) -> Iterator[str]:
    """Every phrase of up to `longest` neighbouring words."""
    for size in range(1, longest + 1):
        yield from (joined(words[start : start + size]) for start in range(len(words) - size + 1))


def forms(word: str) -> Iterator[str]:
    """The word, and what is left without what may be joined to it."""
    yield word
    yield from (word[len(clitic) :] for clitic in _CLITICS if word.startswith(clitic) and len(word) - len(clitic) > 1)


def words_of(text: str) -> list[Word]:
    """The words of a text."""
    spotted = (Word(fold(match[0]), *match.span()) for match in WORD.finditer(text))
    return [word for word in spotted if word.folded]


def language_of(plain: str) -> Language | None:
    """The language of most letters; None when there are none."""
    arabic, latin = len(_ARABIC.findall(plain)), len(_LATIN.findall(plain.casefold()))
    if not arabic and not latin:
        return None
    return "ar" if arabic >= latin else "en"
