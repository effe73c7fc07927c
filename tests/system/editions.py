"""Versions of the content that an editor publishes while people are in calls.

Decides: what changes from one to the next: the greeting, a choice, a question more, a question less. Must not know:
calls.
"""

from dataclasses import replace

from menus.content import Content, Service
from menus.forms import Question

EDITIONS = ("greeting", "renamed", "more", "fewer", "as it was")
_MORE = {
    "id": "rooms",
    "type": "integer",
    "noun": {"ar": "عدد الغرف", "en": "rooms"},
    "prompt": {"ar": "عدد الغرف\nمثال 4", "en": "Number of rooms\nExample 4"},
    "review": {"ar": "غرف: {value}", "en": "Rooms: {value}"},
    "low": 1,
    "high": 99,
    "data": "sensitive",
}


def edited(base: Content, now: Content, edition: str, digest: str) -> Content:
    """The next version: `base` with one change, or the present one with another greeting."""
    if edition == "greeting":
        main = now.menus["main"]
        greeting = {language: f"{text[:12]}." for language, text in base.menus["main"].prompt.items()}
        return replace(now, menus={**now.menus, "main": main.model_copy(update={"prompt": greeting})}, digest=digest)
    changes = {"renamed": _renamed, "more": _more, "fewer": _fewer}
    if edition not in changes:
        return replace(base, digest=digest)
    water = base.services["water"]
    changed = water.model_copy(update={"questions": changes[edition](water)})
    return replace(base, services={**base.services, "water": changed}, digest=digest)


def _renamed(water: Service) -> list[Question]:
    """A home is a dwelling now, and what was its key is the shop's."""
    return [_renamed_use(each) if each.id == "use" else each for each in water.questions]


def _renamed_use(use: Question) -> Question:
    home, shop, *others = use.choices
    first = shop.model_copy(update={"key": home.key})
    second = home.model_copy(update={"key": shop.key, "id": "dwelling"})
    return use.model_copy(update={"choices": [first, second, *others]})


def _more(water: Service) -> list[Question]:
    rooms = Question.model_validate(_MORE)
    return [
        each for question in water.questions for each in ((question, rooms) if question.id == "use" else (question,))
    ]


def _fewer(water: Service) -> list[Question]:
    return [each for each in water.questions if each.id != "plot"]
