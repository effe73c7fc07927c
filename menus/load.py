"""`config/` read whole into a `Content`, or refused with file, line and reason.

Decides: which file holds what, and the order of reading. Must not know: screens, channels, the store.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from menus import places, shared_moves, text_checks
from menus.checks import check
from menus.commands import Grammar
from menus.content import Content, Service
from menus.forms import Model, Question
from menus.governorate import Calendar, Directorate, District
from menus.localized import Localized
from menus.menu import Menu, Shortcut
from menus.notices import Notices, unknown_texts
from menus.operators import Operator
from menus.shared_moves import CommonMove, expand
from menus.spoken import general
from menus.workflow import StateKind
from menus.yaml_source import ContentError, Fault, YamlSource, located, read_yaml

ModelType = TypeVar("ModelType", bound=Model)
PlaceQuestions = Callable[[], list[Question]]


class _Menus(Model):
    menus: dict[str, Menu]
    shortcuts: dict[str, Shortcut] = Field(default_factory=dict)
    moved: dict[str, str] = Field(default_factory=dict)


class _Workflow(Model):
    states: dict[str, StateKind]
    moves: list[CommonMove]
    questions: dict[str, Localized]


class _Texts(Model):
    ussd: dict[str, Localized]
    sms: dict[str, Localized]


class _Places(Model):
    districts: list[District] = Field(min_length=1, max_length=8, description="as many as a menu has keys")


class _Directorates(Model):
    directorates: dict[str, Directorate]


class _Operators(Model):
    operators: list[Operator] = Field(min_length=1)


def load_content(root: Path) -> Content:
    """The content under `root` (the `config/` folder); raises ContentError with every fault found."""
    sources = read_sources(root)
    workflow = _read(_need(sources, "workflow.yaml", root), _Workflow)
    texts = _read(_need(sources, "texts.yaml", root), _Texts)
    _refuse(sources, _first(workflow, texts))
    districts = tuple(_read(_need(sources, "places.yaml", root), _Places).districts)
    profile = _need(sources, "profile.yaml", root)
    menus = _read(_need(sources, "menus.yaml", root), _Menus)
    services = {name: source for name, source in sources.items() if name.startswith("services/")}
    content = Content(
        services={each.id: each for each in (_service(s, districts, texts, workflow) for s in services.values())},
        profile=tuple(_questions(profile, lambda: places.for_stranger(districts, texts.ussd))),
        menus=menus.menus,
        shortcuts=menus.shortcuts,
        moved=menus.moved,
        states=workflow.states,
        questions=workflow.questions,
        ussd=texts.ussd,
        sms=texts.sms,
        districts=districts,
        directorates=_read(_need(sources, "directorates.yaml", root), _Directorates).directorates,
        calendar=_read(_need(sources, "calendar.yaml", root), Calendar),
        operators=tuple(_read(_need(sources, "operators.yaml", root), _Operators).operators),
        grammar=_grammar(_need(sources, "keywords.yaml", root)),
        notices=_read(_need(sources, "notices.yaml", root), Notices),
        digest=_digest(sources),
        shared=tuple(workflow.moves),
    )
    strangers = [
        sources["notices.yaml"].fault(("texts", name), "there is no such text")
        for name in unknown_texts(content.notices, content.sms)
    ]
    if faults := [*strangers, *check(content, sources)]:
        raise ContentError(faults)
    return content


def read_sources(root: Path) -> dict[str, YamlSource]:
    """The files under `root` by their names there; ContentError."""
    return {path.relative_to(root).as_posix(): read_yaml(path, root) for path in sorted(root.rglob("*.yaml"))}


def _first(workflow: _Workflow, texts: _Texts) -> Iterator[Fault]:
    """Faults of what every service is made with: they are looked for before there are services."""
    for where, state in shared_moves.unknown(workflow.moves, workflow.states):
        yield "workflow.yaml", where, f"there is no state {state}"
    yield from text_checks.missing(texts.ussd, texts.sms)
    yield from text_checks.unfilled(general(texts.ussd, texts.sms))


def _refuse(sources: dict[str, YamlSource], found: Iterable[Fault]) -> None:
    if faults := located(sources, found):
        raise ContentError(faults)


def _need(sources: dict[str, YamlSource], name: str, root: Path) -> YamlSource:
    if name not in sources:
        raise ContentError([f"{root.name}/{name}:1: the file is missing"])
    return sources[name]


def _read(source: YamlSource, model: type[ModelType], values: dict[str, Any] | None = None) -> ModelType:
    try:
        return model.model_validate(source.values if values is None else values)
    except ValidationError as error:
        raise ContentError(source.faults(error)) from None


def _questions(source: YamlSource, place_questions: PlaceQuestions) -> list[Question]:
    """The questions of a file; `{type: place}` stands for those that ask for the place."""
    found: list[Question] = []
    faults: list[str] = []
    for number, raw in enumerate(source.values.get("questions") or []):
        if raw == {"type": "place"}:
            found += place_questions()
            continue
        try:
            found.append(Question.model_validate(raw))
        except ValidationError as error:
            faults += source.faults(error, ("questions", number))
    if faults:
        raise ContentError(faults)
    return found


def _service(source: YamlSource, districts: tuple[District, ...], texts: _Texts, workflow: _Workflow) -> Service:
    questions = _questions(source, lambda: places.for_known(districts, texts.ussd))
    service = _read(source, Service, {**source.values, "questions": questions})
    if service.id != source.path.stem:
        raise ContentError([source.fault(("id",), f"a service has the name of its file, {source.path.stem}")])
    if unknown := [name for name in service.workflow.states if name not in workflow.states]:
        raise ContentError([source.fault(("workflow", "states", name), "no such state") for name in unknown])
    own = service.workflow
    moves = expand(workflow.moves, workflow.states, own.states, own.moves)
    return service.model_copy(update={"workflow": own.model_copy(update={"moves": moves})})


def _grammar(source: YamlSource) -> Grammar:
    try:
        return Grammar.load(source.values)
    except ValueError as error:
        raise ContentError([source.fault((), str(error))]) from None


def _digest(sources: dict[str, YamlSource]) -> str:
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + b"\0" + sources[name].text.encode() + b"\0")
    return digest.hexdigest()[:16]
