"""Every text that a citizen may read, with the place in `config/` where its author wrote it.

Decides: which texts there are, and which words each may have filled in. Must not know: what makes a text a bad one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from menus import texts
from menus.content import Content
from menus.forms import Question
from menus.localized import Localized
from menus.places import PLACE_ANSWERS, numbered
from menus.workflow import Move
from menus.yaml_source import Where

_NONE: frozenset[str] = frozenset()


class Spoken(NamedTuple):
    """One text. `words`: the placeholders that are filled in it; None: menus/workflow_checks.py knows."""

    file: str
    where: Where
    text: Localized
    words: frozenset[str] | None = _NONE
    foreign: bool = False
    """It says the name of another language in that language."""


def spoken(content: Content) -> Iterator[Spoken]:
    """All of them, each once."""
    yield from general(content.ussd, content.sms)
    yield from _workflow(content)
    yield from _menus(content)
    yield from _governorate(content)
    yield from _asked("profile.yaml", content.profile, content.profile)
    for name in content.services:
        yield from _service(content, name)


def general(ussd: Mapping[str, Localized], sms: Mapping[str, Localized]) -> Iterator[Spoken]:
    """The texts of `texts.yaml`."""
    for name, text in ussd.items():
        words = None if name.startswith(texts.NEED) else texts.allowed(texts.USSD, name) or _NONE
        yield Spoken("texts.yaml", ("ussd", name), text, words)
    for name, text in sms.items():
        yield Spoken("texts.yaml", ("sms", name), text, texts.allowed(texts.SMS, name))


def _workflow(content: Content) -> Iterator[Spoken]:
    file = "workflow.yaml"
    for name, kind in content.states.items():
        yield Spoken(file, ("states", name, "label"), kind.label)
    for number, each in enumerate(content.shared):
        if each.move.label:
            yield Spoken(file, ("moves", number, "move", "label"), each.move.label)
    for name, noun in content.questions.items():
        yield Spoken(file, ("questions", name), noun)


def _menus(content: Content) -> Iterator[Spoken]:
    for name, menu in content.menus.items():
        yield Spoken("menus.yaml", ("menus", name, "prompt"), menu.prompt)
        for number, item in enumerate(menu.items):
            where = ("menus", name, "items", number, "label")
            yield Spoken("menus.yaml", where, item.label, foreign=item.language is not None)


def _governorate(content: Content) -> Iterator[Spoken]:
    for number, district in enumerate(content.districts):
        where = ("districts", number)
        for part, name in (("name", district.name), ("short", district.short), ("centre", district.centre)):
            yield Spoken("places.yaml", (*where, part), name)
        for code, name in district.subdistricts.items():
            yield Spoken("places.yaml", (*where, "subdistricts", code), name)
    for office, each in content.directorates.items():
        yield Spoken("directorates.yaml", ("directorates", office, "name"), each.name)
        yield Spoken("directorates.yaml", ("directorates", office, "short"), each.short)


def _service(content: Content, name: str) -> Iterator[Spoken]:
    file, service = f"services/{name}.yaml", content.services[name]
    yield Spoken(file, ("name",), service.name)
    yield Spoken(file, ("noun",), service.noun)
    yield from _asked(file, service.questions, (*content.profile, *service.questions))
    yield from (Spoken(file, ("documents", number), text) for number, text in enumerate(service.documents))
    yield from (Spoken(file, ("reasons", code), text) for code, text in service.reasons.items())
    if service.papers:
        yield Spoken(file, ("papers",), service.papers)
    for number, move in own_moves(content, name):
        if move.label:
            yield Spoken(file, ("workflow", "moves", number, "label"), move.label)


def own_moves(content: Content, service: str) -> Iterator[tuple[int, Move]]:
    """A service's moves that its own file has, with their numbers there."""
    shared = {id(each.move.params) for each in content.shared}  # an id is safe: a service's copy shares the list
    moves = enumerate(content.services[service].workflow.moves)
    return ((number, move) for number, move in moves if id(move.params) not in shared)


def _asked(file: str, questions: Sequence[Question], everything: Sequence[Question]) -> Iterator[Spoken]:
    for number, question in numbered(questions):
        if question.id in PLACE_ANSWERS:
            continue  # their words are those of places.yaml and texts.yaml
        where = ("questions", number)
        yield Spoken(file, (*where, "noun"), question.noun)
        yield Spoken(file, (*where, "prompt"), question.prompt, _known(question, everything))
        if question.review:
            yield Spoken(file, (*where, "review"), question.review, frozenset({"value"}))
        for place, choice in enumerate(question.choices):
            yield Spoken(file, (*where, "choices", place, "label"), choice.label)
        if question.special:
            yield Spoken(file, (*where, "special", "label"), question.special.label)


def _known(question: Question, everything: Sequence[Question]) -> frozenset[str]:
    """What is answered whenever this question is asked: what is asked before it of everybody, or of the same people."""
    before = everything[: next(number for number, each in enumerate(everything) if each is question)]
    sure = {
        each.id for each in before if not each.rule and each.when.items() <= question.when.items() and not each.above
    }
    turns_on = {name for name, values in question.when.items() if "" not in values} | set(question.above)
    return frozenset(sure | (turns_on & {each.id for each in before}) | {"place"})
