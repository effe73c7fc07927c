"""What is given with a move, checked: days, money, codes, reasons.

Decides: which value a parameter accepts and its stored form. Must not know: who gives it, what it is for.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from menus import references
from menus.content import Content, Service
from menus.workflow import Move, Param

NOTE_LENGTH = 20
"""Free words of an officer inside an SMS of one segment (services-domain §4.1)."""
CODE_LENGTH = 30
WORDS_LENGTH = 140
"""A citizen's own words (services-domain §2.2, field type text)."""
RATINGS = (1, 5)
LARGEST = 10**12

Fault = tuple[str, str]
_Check = Callable[[Content, Service, Any], Any]


def check(
    content: Content, service: Service, move: Move, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Fault]]:
    """(values in stored form, faults as (parameter, reason))."""
    values: dict[str, Any] = {}
    faults = [(name, "is not a parameter of this action") for name in given if name not in {p.id for p in move.params}]
    for param in move.params:
        raw = given.get(param.id)
        if raw in (None, ""):
            faults += [(param.id, "is required")] if param.required else []
            continue
        try:
            values[param.id] = _CHECKS[param.type](content, service, raw)
        except (ValueError, TypeError) as error:
            faults.append((param.id, str(error)))
    return values, faults


def describe(param: Param) -> str:
    """The form of a parameter, for programmers."""
    return _FORMS[param.type]


def _day(content: Content, service: Service, raw: Any) -> str:
    try:
        return date.fromisoformat(raw).isoformat()
    except (ValueError, TypeError):
        raise ValueError("must be a day, YYYY-MM-DD") from None


def _number(least: int, most: int) -> _Check:
    def number(content: Content, service: Service, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return raw

    return number


def _words(length: int) -> _Check:
    def words(content: Content, service: Service, raw: Any) -> str:
        if not isinstance(raw, str) or not raw.strip().isprintable() or len(raw.strip()) > length:
            raise ValueError(f"must be one line of at most {length} characters")
        return raw.strip()

    return words


def _one_of(name: str, known: Callable[[Content, Service], Mapping[str, Any]]) -> _Check:
    def one_of(content: Content, service: Service, raw: Any) -> str:
        allowed = known(content, service)
        if str(raw) not in allowed:
            raise ValueError(f"must be a {name}: {', '.join(sorted(allowed))}")
        return str(raw)

    return one_of


def _reference(content: Content, service: Service, raw: Any) -> str:
    if not isinstance(raw, str) or not references.is_reference(raw):
        raise ValueError("must be a reference of 8 digits")
    return raw


def _questions(content: Content, service: Service) -> dict[str, Any]:
    return {**content.questions, **{question.id: question for question in service.questions}}


_CHECKS: Mapping[str, _Check] = {
    "day": _day,
    "due": _day,
    "hour": _number(0, 23),
    "integer": _number(0, LARGEST),
    "amount": _number(0, LARGEST),
    "code": _words(CODE_LENGTH),
    "note": _words(NOTE_LENGTH),
    "words": _words(WORDS_LENGTH),
    "rating": _number(*RATINGS),
    "reason": _one_of("reason code", lambda content, service: service.reasons),
    "question": _one_of("question", _questions),
    "directorate": _one_of("directorate", lambda content, service: content.directorates),
    "reference": _reference,
}
_FORMS: Mapping[str, str] = {
    "day": "YYYY-MM-DD",
    "due": "YYYY-MM-DD, the new date by which the case is due",
    "hour": "whole hour, 0 to 23",
    "integer": "whole number",
    "amount": "whole dinars",
    "code": f"at most {CODE_LENGTH} characters",
    "note": f"at most {NOTE_LENGTH} characters, shown to the citizen",
    "words": f"at most {WORDS_LENGTH} characters",
    "rating": "1 (poor) to 5 (excellent)",
    "reason": "a rejection code of the service",
    "question": "a question of the form, or a coded question",
    "directorate": "a directorate id",
    "reference": "8 digits",
}
