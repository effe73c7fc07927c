"""What is given with a move, checked: days, money, codes, reasons, an answer.

Decides: which value a parameter accepts and its stored form. Must not know: who gives it, what it is for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from handlers.calendar import is_working_day
from menus import references
from menus.content import Content, Service
from menus.governorate import Calendar
from menus.places import PLACE_ANSWERS
from menus.workflow import BOUNDS, Move, Param
from store.applications import Application

NOTE_LENGTH = 20
"""Free words of an officer inside an SMS of one segment (services-domain §4.1)."""
CODE_LENGTH = 30
WORDS_LENGTH = 140
"""A citizen's own words (services-domain §2.2, field type text)."""
RATINGS = BOUNDS["rating"]
FARTHEST = timedelta(days=366)
"""No office fixes a day farther ahead than a year; another one is a slip of the finger."""

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """What a value is judged by: the case, the day, and which references are the citizen's own."""

    content: Content
    service: Service
    case: Application
    calendar: Calendar
    today: date
    owns: Callable[[str], bool]


_Check = Callable[[About, Param, Any], Any]


def check(about: About, move: Move, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """(values in stored form, faults as (parameter, reason))."""
    values: dict[str, Any] = {}
    faults = [(name, "is not a parameter of this action") for name in given if name not in {p.id for p in move.params}]
    for param in move.params:
        raw = given.get(param.id)
        if raw in (None, ""):
            faults += [(param.id, "is required")] if param.required else []
            continue
        try:
            values[param.id] = _CHECKS[param.type](about, param, raw)
        except (ValueError, TypeError) as error:
            faults.append((param.id, str(error)))
    return values, faults


def describe(param: Param) -> str:
    """The form of a parameter, for programmers."""
    said = _FORMS[param.type]
    if param.type in BOUNDS:
        low, high = param.bounds
        said = f"{said}, {low} to {high}"
    more = ", a working day" if param.working else ", not the one that holds the case" if param.elsewhere else ""
    return said + more


def _day(about: About, param: Param, raw: Any) -> str:
    try:
        day = date.fromisoformat(raw)
    except (ValueError, TypeError):
        raise ValueError("must be a day, YYYY-MM-DD") from None
    if day < about.today or (param.type == "due" and day == about.today):
        raise ValueError("must be a day to come" + (", or today" if param.type == "day" else ""))
    if day > about.today + FARTHEST:
        raise ValueError("must be within a year")
    if param.working and not is_working_day(about.calendar, day):
        raise ValueError("must be a working day")
    return day.isoformat()


def _number(about: About, param: Param, raw: Any) -> int:
    low, high = param.bounds
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise ValueError(f"must be a whole number from {low} to {high}")
    return raw


def _words(length: int) -> _Check:
    def words(about: About, param: Param, raw: Any) -> str:
        if not isinstance(raw, str) or not raw.strip().isprintable() or not 0 < len(raw.strip()) <= length:
            raise ValueError(f"must be one line of at most {length} characters")
        return raw.strip()

    return words


def _one_of(name: str, known: Callable[[About], Mapping[str, Any]]) -> _Check:
    def one_of(about: About, param: Param, raw: Any) -> str:
        allowed = known(about)
        if str(raw) not in allowed:
            raise ValueError(f"must be a {name}: {', '.join(sorted(allowed))}")
        return str(raw)

    return one_of


def _directorates(about: About) -> Mapping[str, Any]:
    return about.content.directorates


def _directorate(about: About, param: Param, raw: Any) -> str:
    named = str(_one_of("directorate", _directorates)(about, param, raw))
    if param.elsewhere and named == about.case.directorate:
        raise ValueError("holds the case already")
    return named


def _reference(about: About, param: Param, raw: Any) -> str:
    if not isinstance(raw, str) or not references.is_reference(raw):
        raise ValueError("must be a reference of 8 digits")
    if raw == about.case.reference:
        raise ValueError("is this case itself")
    return raw


def askable(content: Content, service: Service) -> dict[str, Any]:
    """What an office may ask for: fields of the form and coded questions.

    Not the place, which is three questions and decides who holds the case, and not "is this right?".
    """
    fields = {
        question.id: question
        for question in service.questions
        if question.id not in PLACE_ANSWERS and not any(choice.redo for choice in question.choices)
    }
    return {**content.questions, **fields}


def _answer(about: About, param: Param, raw: Any) -> str:
    """As the question itself takes it: what a citizen would type, or the stored form."""
    question = about.service.question(asked(about.case), about.case.answers)
    if question is None:
        return str(_words(WORDS_LENGTH)(about, param, " ".join(raw.split()) if isinstance(raw, str) else raw))
    value = (question.accept(raw) or (raw if question.holds(raw) else None)) if isinstance(raw, str) else None
    if value is None:
        raise ValueError(f"must be an answer to the question {question.id}")
    if question.own and not (question.special and value == question.special.id) and not about.owns(value):
        raise ValueError("must be a reference of the citizen's own")
    return value


def asked(case: Application) -> str:
    """The code of the question that the office asked last, or ''."""
    return str(case.details.get("question") or "")


_CHECKS: Mapping[str, _Check] = {
    "day": _day,
    "due": _day,
    "hour": _number,
    "integer": _number,
    "amount": _number,
    "code": _words(CODE_LENGTH),
    "note": _words(NOTE_LENGTH),
    "words": _words(WORDS_LENGTH),
    "rating": _number,
    "reason": _one_of("reason code", lambda about: about.service.reasons),
    "question": _one_of("question", lambda about: askable(about.content, about.service)),
    "answer": _answer,
    "directorate": _directorate,
    "reference": _reference,
}
_FORMS: Mapping[str, str] = {
    "day": "YYYY-MM-DD, today or later and within a year",
    "due": "YYYY-MM-DD, the new date by which the case is due, later than today and within a year",
    "hour": "whole hour",
    "integer": "whole number",
    "amount": "whole dinars",
    "code": f"at most {CODE_LENGTH} characters",
    "note": f"at most {NOTE_LENGTH} characters, shown to the citizen",
    "words": f"at most {WORDS_LENGTH} characters",
    "rating": "whole number, from poor to excellent",
    "reason": "a rejection code of the service",
    "question": "a question of the form, or a coded question",
    "answer": f"an answer to the question asked; to a coded question at most {WORDS_LENGTH} characters",
    "directorate": "a directorate id",
    "reference": "8 digits",
}
