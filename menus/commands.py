"""What a citizen's SMS asks for: an intent, a reference, an answer, or nothing that we know.

Decides: meaning, from keywords (`config/keywords.yaml`) and from the length of numbers, in any order. Must not know:
whose the reference is, which question is open (a handler asks an open question first: eight digits may answer it),
or what will be done.
"""

import re
from dataclasses import replace
from typing import NamedTuple, Self

from menus import references, signs
from menus.asides import ASIDES, Asides
from menus.command import Command
from menus.digits import only_digits
from menus.keywords import (
    ANSWER,
    BAD_REFERENCE,
    GREETING,
    HELP,
    POLITE,
    REFERENCE,
    THANKS,
    UNKNOWN,
    KeywordError,
    Meaning,
    Vocabulary,
    vocabulary,
)
from menus.normalise import fold, tidy
from menus.phones import to_e164
from menus.respelling import respelt
from menus.typos import nearest
from menus.words import WORD, Language, Word, joined, language_of, runs, words_of

__all__ = [
    "ANSWER",
    "BAD_REFERENCE",
    "HELP",
    "REFERENCE",
    "THANKS",
    "UNKNOWN",
    "Command",
    "Grammar",
    "KeywordError",
]

FEW = 5
"""Words beside a reference that may ask for its state; more are something to be told."""
MOST = 3
"""Requests that one message may hold."""
_ARTICLE = "ال"
_LETTER = re.compile(r"[^\W\d_]")
_OUTER = re.compile(r"^[\W_]+|[\W_]+$")
_CLAUSES = re.compile(r"[\n.;,\u060c\u061b]+|(?<!\S)(?:و|ثم|and|then|&)(?!\S)|(?<!\S)و(?=\S)", re.IGNORECASE)


class _Read(NamedTuple):
    """A meaning, how many words it took, and the word it was taken for when that was misspelt."""

    meaning: Meaning
    used: int
    meant: str | None = None


class Grammar:
    """Keywords, folded once, and the reading of messages with them.

    `opens`: intent -> (service or menu, its id); `acting`: the intents that change data.
    """

    def __init__(self, words: Vocabulary) -> None:
        self._meanings, self._signs, self._longest = words.meanings, words.signs, words.longest
        self._asides = Asides(words.meanings, words.longest)
        self._written, self._hints, self._beside = words.written, words.hints, words.about_reference
        self.opens, self.acting = words.opens, words.acting
        self._words = {word for key in words.meanings for word in key.split()}.union(*(sign for sign, _ in words.signs))
        self._known = [key for key, meaning in words.meanings.items() if meaning.intent not in ASIDES]

    @classmethod
    def load(cls, mapping: object) -> Self:
        """A grammar from the plain mapping of the file; ValueError names the place, or the word with two meanings."""
        return cls(vocabulary(mapping))

    def read(self, text: str) -> tuple[Command, ...]:
        """Every request of a message, one unless each of its clauses is one by itself; never raises."""
        whole = self.parse(text)
        if whole.intent == ANSWER and whole.reference and references.is_reference(whole.value or ""):
            return Command(REFERENCE, whole.reference, None, whole.language), Command(REFERENCE, whole.value)
        plain = tidy(text)
        if whole.intent in (HELP, THANKS, REFERENCE) or self._is_whole(plain):
            return (whole,)
        clauses = [clause for clause in _CLAUSES.split(plain) if WORD.search(clause)]
        if not 1 < len(clauses) <= MOST or not all(self._is_whole(clause) for clause in clauses):
            return (whole,)
        return tuple(dict.fromkeys(map(self.parse, clauses)))

    def _is_whole(self, text: str) -> bool:
        """Whether a text is a request without a word to spare."""
        found = references.find(tidy(text))
        words = self._asides.without(words_of(found.rest))
        if found.kind == "bad":
            return False
        return bool(found.digits) if not words else self._lookup(joined(words)) is not None

    def parse(self, text: str) -> Command:
        """The meaning of any text at all, read as one request; never raises."""
        command = self._parsed(text)
        words = self._asides.without(words_of(references.find(tidy(text)).rest))
        if not (words and command.intent in (UNKNOWN, ANSWER) and _LETTER.search(command.value or "")):
            return command
        others = (self._guessed(other) for other in respelt(tidy(text), self._words))
        return next((other for other in others if other), command)

    def _guessed(self, respelt: str) -> Command | None:
        """What another spelling of a message means, to be asked about before it is acted on."""
        command = self._parsed(respelt)
        if command.intent in (UNKNOWN, ANSWER, BAD_REFERENCE):
            return None
        return replace(command, meant=command.meant or fold(references.find(respelt).rest))

    def _parsed(self, text: str) -> Command:
        plain = tidy(text)
        language = language_of(plain)
        found = references.find(plain)
        if found.kind == "bad":
            return Command(BAD_REFERENCE, None, plain, language)
        reference, every = found.digits, words_of(found.rest)
        words = self._asides.without(every)
        if not words:
            return self._nothing_more(reference, every, plain, language)
        read = self._meaning(words, reference) or self._meaning(self._asides.trimmed(every), reference)
        read = read or self._tiled(words) or self._hinted(words, found.rest)
        read = read or self._by_signs(words, reference, found.rest) or self._misspelt(words, found.rest)
        if read:
            left = found.rest[words[read.used].start : words[-1].end] if 0 < read.used < len(words) else None
            loose = not read.used
            return Command(read.meaning.intent, reference, read.meaning.value or left, language, read.meant, loose)
        said = found.rest[words[0].start : words[-1].end]
        if reference or not _LETTER.search(said):
            return Command(ANSWER, reference, _answer(found.rest if reference else said), language)
        return Command(UNKNOWN, None, plain, language)

    def _nothing_more(self, reference: str | None, said: list[Word], plain: str, language: Language | None) -> Command:
        if reference:
            return Command(REFERENCE, reference, None, language)
        kinds = {meaning.intent for word in runs(said, self._longest) if (meaning := self._meanings.get(word))}
        if GREETING in kinds or not language:
            return Command(HELP, None, None, language)
        return Command(THANKS if kinds == {POLITE} else UNKNOWN, None, plain, language)

    def _meaning(self, words: list[Word], reference: str | None) -> _Read | None:
        """The meaning of the longest keyword that the words begin with, and how many words it is."""
        for used in range(min(self._longest, len(words)), 0, -1):
            meaning = self._lookup(joined(words[:used]))
            if meaning and (used == len(words) or not (meaning.whole_only or (meaning.acts and not reference))):
                return _Read(meaning, used)
        return None

    def _tiled(self, words: list[Word]) -> _Read | None:
        """One meaning said several times: every word belongs to a keyword for it, as in `yes, I agree`."""
        found, rest = set[Meaning](), words
        while rest:
            sizes = range(min(self._longest, len(rest)), 0, -1)
            size = next((size for size in sizes if joined(rest[:size]) in self._meanings), 0)
            if not size:
                return None
            meaning = self._meanings[joined(rest[:size])]
            if meaning.intent not in ASIDES:
                found.add(meaning._replace(whole_only=False))
            rest = rest[size:]
        return _Read(found.pop(), len(words)) if len(found) == 1 else None

    def _by_signs(self, words: list[Word], reference: str | None, rest: str) -> _Read | None:
        """A harmless meaning that some words give to any sentence; with a reference, words are for its case."""
        intent = signs.found(words, rest, self._beside if reference and len(words) <= FEW else ())
        intents = (sign for sign in self._signs if not reference or sign[1] == "STATUS")
        intent = intent or signs.found(words, rest, intents)
        return _Read(Meaning(intent, None, False), 0) if intent else None

    def _hinted(self, words: list[Word], rest: str) -> _Read | None:
        """What changes data, said in a sentence: to be asked about, by its first keyword."""
        intent = signs.found(words, rest, self._hints)
        if intent is None:
            return None
        word = next(word for key, word in self._written.items() if self._meanings[key].intent == intent)
        return _Read(Meaning(intent, None, False), 0, word)

    def _misspelt(self, words: list[Word], rest: str) -> _Read | None:
        """The one intent that the whole message is a slip of."""
        if any(map(str.isdecimal, rest)):
            return None
        near = nearest(joined(words), self._known)
        if len({self._meanings[key][:2] for key in near}) != 1:
            return None
        return _Read(self._meanings[near[0]], len(words), self._written[near[0]])

    def _lookup(self, key: str) -> Meaning | None:
        # Whole first: without its ال, الغاء (cancel) would be no word.
        found = self._meanings.get(key) or (self._meanings.get(key[2:]) if key.startswith(_ARTICLE) else None)
        return found if found and found.intent not in ASIDES else None


def _answer(rest: str) -> str:
    """An answer without the marks around it; a mobile or a card written in groups becomes one number."""
    answer = _OUTER.sub("", rest)
    joined = only_digits(answer, 10, 14)
    return joined if joined and (len(joined) == references.CARD_LENGTH or to_e164(joined)) else answer
