"""The words of `config/keywords.yaml` as the reading of messages needs them: folded, and each with one meaning.

Decides: which files of keywords are refused. Must not know: messages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from menus.normalise import fold
from menus.signs import Sign, sets

HELP = "HELP"
REFERENCE = "REFERENCE"
BAD_REFERENCE = "BAD_REFERENCE"
ANSWER = "ANSWER"
UNKNOWN = "UNKNOWN"
THANKS = "THANKS"
POLITE = "polite"
GREETING = "greeting"
FILLER = "filler"
_ASIDE = frozenset({POLITE, GREETING, FILLER})
_RESERVED = frozenset({REFERENCE, BAD_REFERENCE, ANSWER, UNKNOWN, THANKS}) | _ASIDE


class KeywordError(ValueError):
    """The keywords contradict each other; `str()` names the word and its two meanings."""


class Intent(BaseModel):
    """One intent: its words per language, which may only stand alone, and phrases that suffice anywhere."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    words: dict[str, list[str]]
    values: dict[str, list[str]] = Field(default_factory=dict)
    whole_only: bool | list[str] = False
    acts: bool = Field(default=False, description="it changes data: never read out of the middle of a sentence")
    opens: dict[Literal["service", "menu"], str] = Field(default_factory=dict, description="the form, or menu of forms")
    anywhere: list[str] = Field(default_factory=list, description="words that, all present, mean it in any sentence")
    suggests: list[str] = Field(default_factory=list, description="words that, all present, make us ask whether it is")
    beside_reference: list[str] = Field(default_factory=list, description="words any of which means it of a reference")


class Keywords(BaseModel):
    """The whole of `config/keywords.yaml`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    intents: dict[str, Intent]
    polite: dict[str, list[str]] = Field(default_factory=dict)
    greeting: dict[str, list[str]] = Field(default_factory=dict)
    filler: dict[str, list[str]] = Field(default_factory=dict)


class Meaning(NamedTuple):
    """What a word means. `acts`: it changes data, so it counts only as a whole message or beside a reference."""

    intent: str
    value: str | None
    whole_only: bool
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Folded words with their meanings, and as they were written.

    `signs`: (all of these words, intent), in the order of the file. `hints`: the same for what changes data: never done
    before a yes. `about_reference`: signs beside a reference. `opens`: intent -> (service or menu, its id); `acting`:
    the intents that change data.
    """

    meanings: Mapping[str, Meaning]
    written: Mapping[str, str]
    signs: tuple[Sign, ...]
    hints: tuple[Sign, ...]
    about_reference: tuple[Sign, ...]
    longest: int
    opens: Mapping[str, tuple[str, str]]
    acting: frozenset[str]


def vocabulary(mapping: object) -> Vocabulary:
    """The vocabulary of the file's plain mapping; ValueError names the place, or the word with two meanings."""
    keywords = Keywords.model_validate(mapping)
    meanings: dict[str, Meaning] = {}
    written: dict[str, str] = {}
    for word, meaning in _declared(keywords):
        key = fold(word)
        if not key and meaning.intent != HELP:
            raise KeywordError(f"{word!r} of {meaning.intent} is empty once folded, and an empty message is HELP")
        before = meanings.setdefault(key, meaning)
        if before[:2] != meaning[:2]:
            raise KeywordError(f"{word!r} folds to {key!r}, which is both {_name(before)} and {_name(meaning)}")
        written.setdefault(key, word)
        meanings[key] = before._replace(whole_only=before.whole_only or meaning.whole_only)
    longest = max((key.count(" ") + 1 for key in meanings), default=1)
    opens = {name: target for name, each in keywords.intents.items() for target in each.opens.items()}
    acting = frozenset(name for name, each in keywords.intents.items() if each.acts)
    signs, hints, beside = tuple(_signs(keywords)), tuple(_hints(keywords)), tuple(_beside(keywords))
    return Vocabulary(meanings, written, signs, hints, beside, longest, opens, acting)


def _signs(keywords: Keywords) -> Iterator[Sign]:
    for name, intent in keywords.intents.items():
        if intent.acts and (intent.anywhere or intent.beside_reference):
            raise KeywordError(f"{name} changes data: it has no words that mean it anywhere")
        yield from ((words, name) for phrase in intent.anywhere for words in sets(phrase))


def _hints(keywords: Keywords) -> Iterator[Sign]:
    for name, intent in keywords.intents.items():
        if intent.suggests and not intent.acts:
            raise KeywordError(f"{name} changes nothing: what suggests it may mean it anywhere")
        yield from ((words, name) for phrase in intent.suggests for words in sets(phrase))


def _beside(keywords: Keywords) -> Iterator[Sign]:
    for name, intent in keywords.intents.items():
        yield from ((words, name) for phrase in intent.beside_reference for words in sets(phrase))


def _declared(keywords: Keywords) -> Iterator[tuple[str, Meaning]]:
    for name, intent in keywords.intents.items():
        if name in _RESERVED:
            raise KeywordError(f"{name} is not for keywords: it is what a message without one means")
        alone = intent.whole_only if isinstance(intent.whole_only, list) else []
        declared: list[tuple[str | None, str]] = [(None, word) for words in intent.words.values() for word in words]
        declared += [(value, word) for value, words in intent.values.items() for word in words]
        if strangers := set(alone) - {word for _, word in declared}:
            raise KeywordError(f"{name}.whole_only has {min(strangers)!r}, which is not among its words")
        for value, word in declared:
            yield word, Meaning(name, value, intent.whole_only is True or word in alone, intent.acts)
    for aside, by_language in ((POLITE, keywords.polite), (GREETING, keywords.greeting), (FILLER, keywords.filler)):
        for words in by_language.values():
            yield from ((word, Meaning(aside, None, False)) for word in words)


def _name(meaning: Meaning) -> str:
    return f"{meaning.intent} {meaning.value}" if meaning.value else meaning.intent
