"""The questions that ask for a place: two short menus, or one confirmation when the phone is known.

Decides: how the table of places becomes questions. Must not know: which service asks, or when.
"""

from collections.abc import Iterator, Mapping, Sequence

from menus.forms import Choice, Question
from menus.governorate import District
from menus.localized import LANGUAGES, Localized, fill

PLACE_ANSWERS = ("place_same", "district", "subdistrict")
"""The answers that together say the place."""

_KEYS = "12345679"


def for_stranger(districts: Sequence[District], words: Mapping[str, Localized]) -> list[Question]:
    """Asked of a phone whose place is not known."""
    return _two_menus(districts, words, {"known_place": [""]})


def for_known(districts: Sequence[District], words: Mapping[str, Localized]) -> list[Question]:
    """Asked where a form needs the place and the phone has one: the same, or another."""
    choices = [
        Choice(key="1", id="same", label=words["yes"]),
        Choice(key="2", id="change", label=words["change"]),
    ]
    same = Question(
        id="place_same",
        type="choice",
        noun=words["place"],
        prompt=words["place_same"],
        choices=choices,
        when={"known_place": ["yes"]},
    )
    return [same, *_two_menus(districts, words, {"place_same": ["change"]})]


def numbered(questions: Sequence[Question]) -> Iterator[tuple[int, Question]]:
    """Each question with the number of its entry in the file: those that ask for the place share one."""
    number, was_place = -1, False
    for question in questions:
        is_place = question.id in PLACE_ANSWERS
        number += not (is_place and was_place)
        was_place = is_place
        yield number, question


def _two_menus(
    districts: Sequence[District], words: Mapping[str, Localized], when: dict[str, list[str]]
) -> list[Question]:
    choices = [Choice(key=key, id=d.code, label=d.short) for key, d in zip(_KEYS, districts, strict=False)]
    first = Question(
        id="district", type="choice", noun=words["place"], prompt=words["district"], choices=choices, when=when
    )
    return [first, *(_subdistrict(district, words, when) for district in districts)]


def _subdistrict(district: District, words: Mapping[str, Localized], when: dict[str, list[str]]) -> Question:
    options = [(district.code, district.centre), *district.subdistricts.items()]
    prompt: dict[str, str] = {}
    for language in LANGUAGES:
        prompt[language] = fill(words["subdistrict"][language], {"place": district.short[language]})
    return Question(
        id="subdistrict",
        type="choice",
        noun=words["place"],
        prompt=prompt,
        choices=[Choice(key=key, id=code, label=name) for key, (code, name) in zip(_KEYS, options, strict=False)],
        when={**when, "district": [district.code]},
    )
