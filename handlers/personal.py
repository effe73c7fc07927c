"""Personal data by class: `open` is anybody's at the desk, `personal` is masked in lists, `sensitive` is stored sealed.

Decides: what is sealed, who sees what of a case, and what is masked. Must not know: ciphers, SQL, HTTP.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from handlers.sealing import Seals, UnknownKey, is_sealed
from menus.content import Content, Service
from store.applications import Application
from store.events import Event
from store.officers import Officer
from store.outbox import Message

DataClass = Literal["open", "personal", "sensitive"]
HIDDEN = "•••"
CARD = "card"
NO_CARD = "none"
"""The profile's national card; kept with the phone."""
ANSWER = "answer"
"""In a case's details: what the citizen answered to `question`."""
_SENSITIVE: dict[tuple[str, str], frozenset[str]] = {}
_KEPT = 256


def class_of(content: Content, service: Service | None, field: str) -> DataClass:
    """The class of a field of a form; of several questions with one id the strictest, of an unknown one personal."""
    questions = [each for each in (*(service.questions if service else ()), *content.profile) if each.id == field]
    found = {question.data for question in questions}
    order: tuple[DataClass, ...] = ("sensitive", "personal", "open")
    return next((each for each in order if each in found), "open" if field == "place" else "personal")


def sealed(content: Content, seals: Seals, service: Service, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as they are stored."""
    kept = dict(answers)
    for name in _sensitive(content, service) & kept.keys():
        if kept[name] is not None and not is_sealed(kept[name]):
            kept[name] = seals.seal(name, str(kept[name]))
    return kept


def sealed_whole(seals: Seals, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers of an unfinished form as they are stored: each sealed.

    Which of them are sensitive is known to the version that asked for them, and that need not be the present one.
    """
    return {name: value if is_sealed(value) else seals.seal(name, str(value)) for name, value in answers.items()}


def _sensitive(content: Content, service: Service) -> frozenset[str]:
    """The fields of a service's form that are stored sealed; looked up once for each content."""
    key = content.digest, service.id
    if key not in _SENSITIVE:
        while len(_SENSITIVE) >= _KEPT:
            _SENSITIVE.pop(next(iter(_SENSITIVE)), None)
        questions = (*service.questions, *content.profile)
        _SENSITIVE[key] = frozenset(question.id for question in questions if question.data == "sensitive")
    return _SENSITIVE[key]


def opened(seals: Seals, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as they were given. UnknownKey."""
    return {name: seals.open(name, value) for name, value in stored.items()}


def sealed_answer(content: Content, seals: Seals, service: Service, question: str, value: str) -> Any:
    """What a citizen answered to the office's question, sealed when the question's class asks for it."""
    sensitive = class_of(content, service, question) == "sensitive"
    return seals.seal(ANSWER, value) if sensitive else value


def sealed_card(seals: Seals, card: str | None) -> str | None:
    """The national card as it is kept with a phone: 'none' for a citizen without one is no secret."""
    return card if card in (None, NO_CARD) else json.dumps(seals.seal(CARD, str(card)))


def card_hash(seals: Seals, card: str | None) -> str | None:
    """What a card is looked up by."""
    return None if card in (None, NO_CARD) else seals.lookup(CARD, str(card))


def opened_card(seals: Seals, kept: str | None) -> str | None:
    """The card itself. UnknownKey."""
    if kept is None or not kept.startswith("{"):
        return kept
    return str(seals.open(CARD, json.loads(kept)))


def proving_card(seals: Seals, kept: str | None) -> str:
    """The card that a stranger has to know the end of, '' where none can be opened; the same work either way."""
    decoy = json.dumps(seals.seal(CARD, NO_CARD))
    is_there = kept is not None and kept.startswith("{")
    try:
        card = opened_card(seals, kept if is_there else decoy)
    except UnknownKey:
        return ""
    return card or "" if is_there else ""


def whole(content: Content, seals: Seals, case: Application, officer: Officer) -> Application:
    """A case as an officer who opened it sees it: everything, but not who is behind a confidential one."""
    seen = replace(case, answers=opened(seals, case.answers), details=opened(seals, case.details))
    return _anonymous(content, seen) if is_hidden(content, case, officer) else seen


def glimpse(content: Content, case: Application, officer: Officer) -> Application:
    """A case as one of a list: personal answers masked, sensitive ones hidden."""
    service = content.services.get(case.service)
    answers = {name: masked(class_of(content, service, name), value) for name, value in case.answers.items()}
    details = {name: HIDDEN if is_sealed(value) else value for name, value in case.details.items()}
    seen = replace(case, answers=answers, details=details)
    return _anonymous(content, seen) if is_hidden(content, case, officer) else seen


def masked(data: DataClass, value: Any) -> Any:
    """A value for eyes that have no need of it: the last two characters of a personal one, nothing of a sensitive."""
    if data == "sensitive" or is_sealed(value):
        return HIDDEN
    text = str(value)
    return value if data == "open" else f"…{text[-2:]}" if len(text) > 4 and text.isdecimal() else HIDDEN


def is_hidden(content: Content, case: Application, officer: Officer) -> bool:
    """Whether the citizen asked to stay unknown to this officer (services-domain §5.1): to all but those of the unit
    that takes such messages in."""
    service = content.services.get(case.service)
    rule = service.confidential if service else None
    if service is None or rule is None or case.answers.get(rule.field) not in rule.values:
        return False
    return officer.directorate != service.routing.default or not set(rule.to) & set(officer.roles)


def event_seen(content: Content, event: Event, *, hidden: bool) -> Event:
    """An event as an officer who opened the case sees it; the history holds no sealed value."""
    if not hidden:
        return event
    return replace(
        event,
        actor=HIDDEN if event.actor_kind == "citizen" else event.actor,
        before=_unnamed(content, event.service, event.before),
        after=_unnamed(content, event.service, event.after),
    )


def message_seen(message: Message, *, hidden: bool) -> Message:
    """A message as an officer who opened the case sees it."""
    return replace(message, phone=HIDDEN) if hidden else message


def _anonymous(content: Content, case: Application) -> Application:
    by = HIDDEN if case.submitted_by == case.phone else case.submitted_by
    return replace(case, phone=HIDDEN, submitted_by=by, answers=_without_own(content, case.service, case.answers))


def _without_own(content: Content, service: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers without the references of the citizen's other cases, which would lead to the phone."""
    known = content.services.get(service)
    own = {question.id: question.special for question in (known.questions if known else ()) if question.own}
    return {
        name: HIDDEN if name in own and not ((special := own[name]) and value == special.id) else value
        for name, value in answers.items()
    }


def _unnamed(content: Content, service: str, side: dict[str, Any] | None) -> dict[str, Any] | None:
    if not side:
        return side
    shown = {**side, "phone": HIDDEN} if "phone" in side else dict(side)
    if isinstance(shown.get("answers"), dict):
        shown["answers"] = _without_own(content, service, shown["answers"])
    return shown
