"""A case in the citizen's words: the values that fill a text, and the text itself.

Decides: how dates, money and codes are written in an SMS. Must not know: when a text is sent, or by whom.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.clocks import promise
from menus.content import Content, Service
from menus.gsm import segments
from menus.localized import fill, placeholders
from menus.workflow import Param
from store.applications import Application


def day(moment: datetime | None, content: Content) -> str:
    """`dd/mm` in the governorate: `/` keeps its order in right-to-left text (services-domain §3.3)."""
    return f"{moment.astimezone(ZoneInfo(content.calendar.timezone)):%d/%m}" if moment else ""


def case_words(content: Content, service: Service, case: Application, language: str) -> dict[str, str]:
    """Every placeholder that this case can fill today."""
    words = {
        "reference": case.reference,
        "office": content.office(case.directorate, language),
        "state": content.state_label(case.state, language),
        "days": str(promise(service, case.answers)),
    }
    if service.papers:
        words["papers"] = service.papers[language]
    if case.due_at:
        words["due"] = day(case.due_at, content)
    params = {param.id: param for move in service.workflow.moves for param in move.params}
    for name, value in case.details.items():
        if name in params and value is not None:
            words[name] = param_words(content, service, params[name], value, case.answers, language)
    if "question" in words and words.get("hint"):
        words["question"] = f"{words['question']} {words['hint']}"
    return words


def param_words(
    content: Content, service: Service, param: Param, value: Any, answers: Mapping[str, Any], language: str
) -> str:
    """One detail as the citizen reads it; a value that another system wrote in a form of its own is shown as it is."""
    text = str(value)
    if param.type in ("day", "due"):
        return _day_month(text)
    if param.type == "reason" and text in service.reasons:
        return service.reasons[text][language]
    if param.type == "question":
        return question_words(content, service, text, answers, language)
    if param.type == "directorate":
        return content.office(text, language)
    return text


def question_words(content: Content, service: Service, code: str, answers: Mapping[str, Any], language: str) -> str:
    """What the office asked for: a field of the form, or a coded question."""
    question = service.question(code, answers)
    if question:
        return question.noun[language]
    return content.questions[code][language] if code in content.questions else code


def _day_month(text: str) -> str:
    try:
        return f"{date.fromisoformat(text[:10]):%d/%m}"
    except ValueError:
        return text


def sms(content: Content, key: str, language: str, words: Mapping[str, str]) -> tuple[str, str]:
    """(text key used, filled text): the generic text where a detail that `key` needs is not known.

    A text that takes a second segment gives way to its approved short form, `key`_short, where that saves one.
    """
    if not placeholders(content.sms[key]) <= set(words):
        key = "generic"
    text = fill(content.sms[key][language], words)
    shorter = content.sms.get(f"{key}_short")
    if shorter and segments(text) > 1 and placeholders(shorter) <= set(words):
        text = min(text, fill(shorter[language], words), key=segments)
    return key, text
