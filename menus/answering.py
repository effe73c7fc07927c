"""What a citizen's words mean as the answer to one question: the choice that they name, yes or no, the one number.

Decides: which words are as good as a key or a bare number. Must not know: where the question stands, what comes of it.
"""

import re
from collections.abc import Iterable, Sequence

from menus import digits
from menus.commands import Grammar
from menus.forms import Question
from menus.normalise import fold, tidy
from menus.words import forms, words_of

Option = tuple[str, str]
"""A key, and its label in one language; a key has several."""

_NUMBER = re.compile(rf"[0-9]+(?:{digits.GLUE}+[0-9]+)*")
_ONE_DIGIT = re.compile(r"(?<![0-9])[0-9](?![0-9])")
_POINTING = frozenset("هو هي عندي رقمه رقمها حوالي تقريبا it is its about the of and".split())
_SHORTEST = 3


def chosen(options: Iterable[Option], text: str) -> str | None:
    """The key of the one choice that the text names, by its label, with or without its digit beside it."""
    listed = list(options)
    bare, digit = _without_digit(tidy(text))
    said = _stems(bare)
    found = {key for key, label in listed if said and said == _stems(label)}
    return found.pop() if len(found) == 1 and (digit is None or digit in found) else None


def named(options: Iterable[Option], text: str) -> str | None:
    """The key of the one choice whose label has all words of the text, as `meter` of `By meter`."""
    said = set(_stems(text))
    found = {key for key, label in options if said and said <= set(_stems(label))}
    long = any(len(word) >= _SHORTEST for word in said)
    return found.pop() if len(found) == 1 and long else None


def assented(options: Iterable[Option], intent: str, grammar: Grammar) -> str | None:
    """The key of the one choice whose label says the same as this `YES` or `NO`."""
    found = {key for key, label in options if grammar.parse(label).intent == intent}
    return found.pop() if len(found) == 1 else None


def number(question: Question, text: str) -> str | None:
    """The one number beside words of the question itself, as in `250 metres`: any other word is of another matter."""
    plain = tidy(text)
    found = _NUMBER.findall(plain)
    if question.type == "choice" or not found or (len(found) > 1 and question.type != "year_month"):
        return None
    own = _words_of(question)
    words = (word.folded for word in words_of(_NUMBER.sub(" ", plain)))
    if not all(word in _POINTING or own & set(forms(word)) for word in words):
        return None
    said = "/".join(found)
    return said if question.accept(said) is not None else None


def _words_of(question: Question) -> set[str]:
    texts = (question.prompt, question.noun, question.review or {})
    told = " ".join(text for each in texts for text in each.values())
    return {form for word in words_of(told) for form in forms(word.folded)}


def _without_digit(text: str) -> tuple[str, str | None]:
    """A text without the one digit that stands in it, and that digit."""
    found = _ONE_DIGIT.findall(text)
    return (_ONE_DIGIT.sub(" ", text), found[0]) if len(found) == 1 and fold(text) != found[0] else (text, None)


def _stems(text: str) -> Sequence[str]:
    """The words without the article before them and the endings of gender and possession."""
    return [_stem(word) for word in fold(text).split()]


def _stem(word: str) -> str:
    bare = word[2:] if word.startswith("ال") and len(word) > _SHORTEST else word
    for ending in ("ه", "ي"):
        bare = bare[:-1] if bare.endswith(ending) and len(bare) > _SHORTEST else bare
    return bare
