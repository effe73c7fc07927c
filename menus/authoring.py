"""What an author should not write even where it loads: untranslated words, labels that look alike, open personal data.

Decides: which words and classes make content a bad one. Must not know: sizes (see menus/measure.py), files, the store.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from menus import ways
from menus.checks import CARD
from menus.content import Content, Service
from menus.forms import Question
from menus.localized import LANGUAGES, Localized, placeholders
from menus.normalise import fold
from menus.places import numbered
from menus.spoken import spoken
from menus.typos import distance
from menus.workflow_checks import can_meet
from menus.yaml_source import Fault, Where

_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-z]")
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_TURNED = re.compile(r"\d[ \-]\d")
"""Digits that right-to-left text would show in another order (services-domain §3.3)."""
_CODE = re.compile(r"(?<!\u200e)\*[0-9*{]|[0-9}]#(?!\u200e)")
LOOKS_ALIKE = 6
"""Letters from which labels that differ in one letter are taken for each other."""


def faults(content: Content) -> list[Fault]:
    """Every fault, with file and place."""
    found = [*_texts(content), *_choices(content), *_classes(content), *ways.faults(content)]
    for service in content.services.values():
        found += [(f"services/{service.id}.yaml", where, reason) for where, reason in _labels(content, service)]
    return sorted(dict.fromkeys(found), key=str)


# -- words -------------------------------------------------------------------------------------------------------


def _texts(content: Content) -> Iterator[Fault]:
    for each in spoken(content):
        yield from ((each.file, each.where, reason) for reason in _text(each.text, each.foreign))


def _text(text: Localized, foreign: bool) -> Iterator[str]:
    if placeholders({"ar": text["ar"]}) != placeholders({"en": text["en"]}):
        yield "Arabic and English have different placeholders"
    if _ARABIC.search(text["en"]):
        yield "an Arabic letter makes the English text UCS-2"
    if _LATIN.search(_PLACEHOLDER.sub("", text["ar"])) and not foreign:
        same = text["ar"] == text["en"]
        yield f"{'Arabic and English are the same text' if same else 'a Latin letter in Arabic'}: is it not translated?"
    if _TURNED.search(text["ar"]):
        yield "right-to-left text turns numbers round at a space or hyphen"
    if _CODE.search(text["ar"]):
        yield "a code in right-to-left text needs U+200E around it"


# -- choices -----------------------------------------------------------------------------------------------------


def _choices(content: Content) -> Iterator[Fault]:
    for name, menu in content.menus.items():
        where = ("menus", name)
        yield from (("menus.yaml", where, reason) for reason in _alike([(i.key, i.label) for i in menu.items]))
        if not menu.items:
            yield "menus.yaml", where, "a dead end, nothing can be chosen"
    for file, number, question in _questions(content):
        labels = [(choice.key, choice.label) for choice in question.choices]
        labels += [(question.special.key, question.special.label)] if question.special else []
        for reason in _alike(labels):
            yield file, ("questions", number), f"{question.id}: {reason}"


def _questions(content: Content) -> Iterator[tuple[str, int, Question]]:
    yield from (("profile.yaml", number, question) for number, question in numbered(content.profile))
    for service in content.services.values():
        yield from ((f"services/{service.id}.yaml", *each) for each in numbered(service.questions))


def _labels(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    """What a citizen may do on one case's screen reads apart, whatever the case's answers let them do."""
    for state in service.workflow.states:
        here = service.workflow.by_citizen(state, {})
        general = [content.ussd[name] for name in ("papers", "complain")]
        for one, other in combinations(here, 2):
            pair = [(move.action, move.label or {}) for move in (one, other)]
            if can_meet(one, other):
                yield from ((("workflow", "states", state), reason) for reason in _alike(pair))
        for move, text in product(here, general):
            pair = [(move.action, move.label or {}), ("the screen's own line", text)]
            yield from ((("workflow", "states", state), reason) for reason in _alike(pair))


def _alike(labels: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    for (key, one), (other_key, other) in combinations(labels, 2):
        for language in LANGUAGES:
            a, b = fold(one[language]), fold(other[language])
            if a == b:
                yield f"{key} and {other_key} have the same label ({language})"
            elif min(len(a), len(b)) >= LOOKS_ALIKE and distance(a, b, 1) == 1:
                yield f"{key} and {other_key} differ in one letter ({language})"


# -- data --------------------------------------------------------------------------------------------------------------


def _classes(content: Content) -> Iterator[Fault]:
    """What is typed has a data class, and what is about a person is not `open`: a birth, a number that may be a card.

    Not decided: whether any other number, or a choice, tells of a person; that is the author's to say.
    """
    cards = [(each.type, each.low, each.high) for each in content.profile if each.id == CARD]
    for file, number, question in _questions(content):
        where, is_card = ("questions", number), (question.type, question.low, question.high) in cards
        if question.type != "choice" and "data" not in question.model_fields_set:
            yield file, where, f"{question.id}: typed, but no data class (data: open|personal|sensitive)"
        elif is_card and question.data == "open":
            yield file, where, f"{question.id}: a number like a national card's is no open one: data: sensitive"
        elif question.type == "year_month" and question.data == "open":
            yield file, where, f"{question.id}: a birth is about a person: data: personal or sensitive"
