"""Citizens who asked for news, and a broadcast to them, for tests."""

from typing import Any

from gateway.runtime import Runtime
from store import people
from tests.gateway.office import Office

TEXTS = {"ar": "انقطاع الماء غدا في العمارة", "en": "The water is off tomorrow in Amara"}


def citizen(runtime: Runtime, number: int, language: str = "ar", *, news: bool = True, place: str | None = None) -> str:
    """A phone whose citizen speaks this language; with `news`, one who texted START."""
    phone, now = f"+96478{number:08d}", runtime.now()
    with runtime.db.transaction() as tx:
        people.save_profile(tx, phone, language=language, consent=True, place=place, card=None, now=now)
        if news:
            people.start(tx, phone, now)
    return phone


def applicant(office: Office, number: int, language: str = "ar") -> str:
    """The same, with a case: the language is the citizen's last word."""
    office.case(phone=citizen(office.runtime, number))
    return citizen(office.runtime, number, language)


def proposal(**changes: Any) -> dict[str, Any]:
    """The body of a broadcast to everybody with an open water case."""
    asked = {
        "title": "water cut",
        "audience": {"services": ["water"], "status": "open"},
        "texts": TEXTS,
        "parts_per_minute": 600,
    }
    return asked | changes
