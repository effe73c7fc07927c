"""The corpus's third part: seeds of its own, each spelt in the ways in which Iraqis are known to spell.

Made by rule and not by hand, so that nobody chooses the spellings: the ways are those that conventions for writing
dialect (CODA) and Arabic text normalisation name, and what keyboards and thumbs do. `seeds.txt` was looked at and tuned
on; of `seeds_unseen.txt`, written after that, only the counts were. Always the same messages: a seed is its own dice.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.corpus import Message

SEEDS = {True: "seeds.txt", False: "seeds_unseen.txt"}
EACH = 12
"""Spellings of one seed."""
_OPENERS = ("السلام عليكم ", "مرحبا، ", "رجاء ", "لو سمحتم ", "صباح الخير، ", "هلو ")
_CLOSERS = (" شكرا", " رجاء", " مع الشكر", "، ممنونين", "!!", "..", " 🙏")
_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةأإآ"
Dice = random.Random
Way = Callable[[str, Dice], str]


def _swapped(pairs: Mapping[str, str]) -> Way:
    """Each of these letters, or one of them, as the other."""

    def way(text: str, dice: Dice) -> str:
        places = [place for place, letter in enumerate(text) if letter in pairs]
        chosen = set(places if dice.random() < 0.5 else dice.sample(places, min(1, len(places))))
        return "".join(dice.choice(pairs[each]) if place in chosen else each for place, each in enumerate(text))

    return way


def _final(pairs: Mapping[str, str]) -> Way:
    """The last letter of words."""

    def way(text: str, dice: Dice) -> str:
        return " ".join(word[:-1] + pairs[word[-1]] if word and word[-1] in pairs else word for word in text.split(" "))

    return way


def _stretched(text: str, dice: Dice) -> str:
    places = [n for n, letter in enumerate(text) if letter in _LETTERS]
    if not places:
        return text
    place = dice.choice(places)
    return text[:place] + text[place : place + 1] * dice.randint(3, 5) + text[place + 1 :]


def _tatweel(text: str, dice: Dice) -> str:
    places = [n for n in range(1, len(text)) if text[n - 1] in "بتثجحخسشصضطظعغفقكلمنهي" and text[n] in _LETTERS]
    place = dice.choice(places or [0])
    return text[:place] + "ـ" * dice.randint(1, 3) + text[place:]


def _glued(text: str, dice: Dice) -> str:
    places = [n for n, letter in enumerate(text) if letter == " "]
    place = dice.choice(places) if places else -1
    return text[:place] + text[place + 1 :] if places else text


def _digits(text: str, dice: Dice) -> str:
    return text.translate(str.maketrans("0123456789", dice.choice(("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"))))


def _marked(text: str, dice: Dice) -> str:
    place = dice.choice([n for n, letter in enumerate(text) if letter in _LETTERS] or [0]) + 1
    return text[:place] + dice.choice("\u064e\u064f\u0650\u0651\u0652\u064b") + text[place:]


def _spaced(text: str, dice: Dice) -> str:
    return (
        dice.choice(("  ", "\n", "")) + text.replace(" ", dice.choice(("  ", " . ", "   "))) + dice.choice((" ", "\n"))
    )


WAYS: Mapping[str, Way] = {
    "teh marbuta as heh": _final({"ة": "ه"}),
    "heh as teh marbuta": _final({"ه": "ة"}),
    "alef maksura and yeh": _final({"ى": "ي", "ي": "ى"}),
    "hamza left out": _swapped({"أ": "ا", "إ": "ا", "آ": "ا", "ؤ": "و", "ئ": "ي"}),
    "hamza put in": _swapped({"ا": "أإ"}),
    "qaf as gaf": _swapped({"ق": "گ"}),
    "kaf as cheh or gaf": _swapped({"ك": "چگ"}),
    "jeem as cheh": _swapped({"ج": "چ"}),
    "dad and zah": _swapped({"ض": "ظ", "ظ": "ض"}),
    "Persian letters": _swapped({"ي": "ی", "ك": "ک"}),
    "drawn out": _stretched,
    "tatweel": _tatweel,
    "words run together": _glued,
    "other digits": _digits,
    "harakat": _marked,
    "spaces and lines": _spaced,
    "polite before": lambda text, dice: dice.choice(_OPENERS) + text,
    "polite after": lambda text, dice: text + dice.choice(_CLOSERS),
}


def seeds(tuned: bool) -> Iterator[tuple[str, str]]:
    """(intent, message) as a person wrote it."""
    for line in (Path(__file__).parent / SEEDS[tuned]).read_text(encoding="utf-8").splitlines():
        intent, text = line.split("\t", 1)
        yield intent, text


def varied(tuned: bool) -> Iterator[Message]:
    """Each seed in some ways, one or two at a time, no spelling twice."""
    for intent, seed in seeds(tuned):
        dice = random.Random(hashlib.sha256(seed.encode()).digest())
        found = {seed}
        for _ in range(EACH):
            ways = dice.sample(sorted(WAYS), dice.choice((1, 1, 2)))
            text = seed
            for way in ways:
                text = WAYS[way](text, dice)
            if text not in found:
                found.add(text)
                yield Message(text, intent, tuned)
