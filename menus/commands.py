"""What a citizen's SMS asks for: an intent, a reference, an answer, or nothing that we know.

Decides: meaning, from keywords (`config/keywords.yaml`) and from the length of numbers, in any order. Must not know:
whose the reference is, which question is open (a handler asks an open question first: eight digits may answer it),
or what will be done.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from menus import references
from menus.digits import only_digits
from menus.normalise import fold, tidy
from menus.phones import to_e164

HELP = "HELP"
REFERENCE = "REFERENCE"
BAD_REFERENCE = "BAD_REFERENCE"
ANSWER = "ANSWER"
UNKNOWN = "UNKNOWN"
_RESERVED = frozenset({REFERENCE, BAD_REFERENCE, ANSWER, UNKNOWN, "polite"})

_ARTICLE = "ال"
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_ARABIC = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9]")
_LATIN = re.compile(r"[a-z]")
_OUTER = re.compile(r"^[\W_]+|[\W_]+$")


class KeywordError(ValueError):
    """The keywords contradict each other; `str()` names the word and its two meanings."""


@dataclass(frozen=True, slots=True)
class Command:
    """One SMS, read.

    `intent` is one of the keywords' intents, or REFERENCE (nothing but a reference), BAD_REFERENCE (eight digits whose
    check digit is wrong, whatever else is said; `value` is the whole text), ANSWER (only numbers, or a reference and
    something else; `value` is what is not the reference), UNKNOWN (`value` is the whole text). With a keyword, `value`
    is the value the keyword names or the text left over. `language` is that of the letters, None when there are none.
    """

    intent: str
    reference: str | None = None
    value: str | None = None
    language: Literal["ar", "en"] | None = None


class Intent(BaseModel):
    """One intent of `config/keywords.yaml`: its words per language, and which of them may only stand alone."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    words: dict[str, list[str]]
    values: dict[str, list[str]] = Field(default_factory=dict)
    whole_only: bool | list[str] = False


class Keywords(BaseModel):
    """The whole of `config/keywords.yaml`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    intents: dict[str, Intent]
    polite: dict[str, list[str]] = Field(default_factory=dict)


class _Meaning(NamedTuple):
    intent: str
    value: str | None
    whole_only: bool


class _Word(NamedTuple):
    folded: str
    start: int
    end: int


class Grammar:
    """Keywords, folded once, and the reading of messages with them."""

    def __init__(self, meanings: dict[str, _Meaning]) -> None:
        self._meanings = meanings
        self._longest = max((key.count(" ") + 1 for key in meanings), default=1)

    @classmethod
    def load(cls, mapping: object) -> Self:
        """A grammar from the plain mapping of the file; ValueError names the place, or the word with two meanings."""
        meanings: dict[str, _Meaning] = {}
        for word, meaning in _declared(Keywords.model_validate(mapping)):
            key = fold(word)
            if not key and meaning.intent != HELP:
                raise KeywordError(f"{word!r} of {meaning.intent} is empty once folded, and an empty message is HELP")
            before = meanings.setdefault(key, meaning)
            if before[:2] != meaning[:2]:
                raise KeywordError(f"{word!r} folds to {key!r}, which is both {_name(before)} and {_name(meaning)}")
            meanings[key] = before._replace(whole_only=before.whole_only or meaning.whole_only)
        return cls(meanings)

    def parse(self, text: str) -> Command:
        """The meaning of any text at all; never raises."""
        plain = tidy(text)
        language = _language(plain)
        found = references.find(plain)
        if found.kind == "bad":
            return Command(BAD_REFERENCE, None, plain, language)
        reference = found.digits
        words = self._without_politeness(_words(found.rest))
        if not words:
            return self._nothing_more(reference, plain, language)
        meaning, used = self._meaning(words)
        if meaning:
            left = found.rest[words[used].start : words[-1].end] if used < len(words) else None
            return Command(meaning.intent, reference, meaning.value or left, language)
        if reference or not _LETTER.search(found.rest):
            return Command(ANSWER, reference, _answer(found.rest), language)
        return Command(UNKNOWN, None, plain, language)

    def _nothing_more(self, reference: str | None, plain: str, language: Literal["ar", "en"] | None) -> Command:
        if reference:
            return Command(REFERENCE, reference, None, language)
        return Command(UNKNOWN, None, plain, language) if language else Command(HELP)

    def _meaning(self, words: list[_Word]) -> tuple[_Meaning | None, int]:
        """The meaning of the longest keyword that the words begin with, and how many words it is."""
        for used in range(min(self._longest, len(words)), 0, -1):
            meaning = self._lookup(" ".join(word.folded for word in words[:used]))
            if meaning and meaning.intent != "polite" and (used == len(words) or not meaning.whole_only):
                return meaning, used
        return None, 0

    def _lookup(self, key: str) -> _Meaning | None:
        # Whole first: without its ال, الغاء (cancel) would be no word.
        return self._meanings.get(key) or (self._meanings.get(key[2:]) if key.startswith(_ARTICLE) else None)

    def _without_politeness(self, words: list[_Word]) -> list[_Word]:
        while size := next(filter(lambda size: self._polite(words[:size]), range(self._longest, 0, -1)), 0):
            words = words[size:]
        while size := next(filter(lambda size: self._polite(words[-size:]), range(self._longest, 0, -1)), 0):
            words = words[:-size]
        return words

    def _polite(self, words: list[_Word]) -> bool:
        meaning = self._meanings.get(" ".join(word.folded for word in words))
        return meaning is not None and meaning.intent == "polite"


def _declared(keywords: Keywords) -> Iterator[tuple[str, _Meaning]]:
    for name, intent in keywords.intents.items():
        if name in _RESERVED:
            raise KeywordError(f"{name} is not for keywords: it is what a message without one means")
        alone = intent.whole_only if isinstance(intent.whole_only, list) else []
        declared: list[tuple[str | None, str]] = [(None, word) for words in intent.words.values() for word in words]
        declared += [(value, word) for value, words in intent.values.items() for word in words]
        if strangers := set(alone) - {word for _, word in declared}:
            raise KeywordError(f"{name}.whole_only has {min(strangers)!r}, which is not among its words")
        for value, word in declared:
            yield word, _Meaning(name, value, intent.whole_only is True or word in alone)
    for words in keywords.polite.values():
        yield from ((word, _Meaning("polite", None, False)) for word in words)


def _name(meaning: _Meaning) -> str:
    return f"{meaning.intent} {meaning.value}" if meaning.value else meaning.intent


def _words(text: str) -> list[_Word]:
    spotted = (_Word(fold(match[0]), *match.span()) for match in _WORD.finditer(text))
    return [word for word in spotted if word.folded]


def _language(plain: str) -> Literal["ar", "en"] | None:
    arabic, latin = len(_ARABIC.findall(plain)), len(_LATIN.findall(plain.casefold()))
    if not arabic and not latin:
        return None
    return "ar" if arabic >= latin else "en"


def _answer(rest: str) -> str:
    """An answer without the marks around it; a mobile or a card written in groups becomes one number."""
    answer = _OUTER.sub("", rest)
    joined = only_digits(answer, 10, 14)
    return joined if joined and (len(joined) == references.CARD_LENGTH or to_e164(joined)) else answer
