"""Words that mean something anywhere in a sentence, and words that make us ask whether it is meant.

Decides: when a sentence has the words of a sign. Must not know: what comes of it.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from menus.normalise import fold
from menus.words import Word, forms

Sign = tuple[frozenset[str], str]
"""Words that must all be there, and the intent."""

_WATER, _NOT = "ماء", "ما"
"""Folded they are one; as signs they are told apart by what is written."""
_ENDINGS = ("نا", "ها", "هم", "كم", "ين", "ون", "ات", "وا", "ي", "ه", "ك")
"""Of possession and number: our street, my request."""
_SHORTEST = 3


def sets(phrase: str) -> Iterator[frozenset[str]]:
    """`water|tap cut|dirty` is four sets of two words."""
    alternatives = (each.split("|") for each in phrase.split())
    yield from (frozenset(_named(word) for word in words) for words in product(*alternatives))


def found(words: Iterable[Word], text: str, signs: Iterable[Sign]) -> str | None:
    """The intent of the first sign whose words are all in the text; `words` are its words."""
    said = {form for word in words for form in _heard(word, text[word.start : word.end])}
    return next((intent for needed, intent in signs if needed <= said), None)


def _named(word: str) -> str:
    return _WATER if word == _WATER else fold(word)


def _heard(word: Word, written: str) -> Iterator[str]:
    if word.folded == _NOT:
        yield _NOT if written == _NOT else _WATER
        return
    for form in forms(word.folded):
        yield _WATER if form == _NOT else form
        for ending in _ENDINGS:
            bare = form.removesuffix(ending)
            if bare != form and len(bare) >= _SHORTEST:
                yield bare
                yield f"{bare[:-1]}ه" if bare.endswith("ت") else bare
