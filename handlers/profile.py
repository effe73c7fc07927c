"""What the gateway knows of a phone: language, consent, place.

Decides: what is asked only once. Must not know: cases, screens.
"""

from typing import Any

from handlers.context import Context
from store import people
from store.people import Person


def known(context: Context, phone: str, session: str, default_language: str) -> tuple[str, dict[str, str]]:
    """(language, known facts) as they were when `session` began: a language changed in it does not count yet."""
    return facts(context, people.find(context.tx, phone), session, default_language)


def facts(context: Context, person: Person | None, session: str, default_language: str) -> tuple[str, dict[str, str]]:
    """`known` of a person who was found already; None for a phone not seen before."""
    facts = {"today": context.today.isoformat()}
    if person is None:
        return default_language, facts
    if person.consent_at:
        facts["known_consent"] = "yes"
    if person.card:
        facts["known_card"] = "yes"
    if person.pin_hash:
        facts["known_pin"] = "yes"
    if person.place in context.content.place_codes:  # another than that is asked for anew
        facts |= {"known_place": "yes", "place": person.place}
    if person.language_session == session:
        return person.language_before or default_language, facts
    return person.language, facts


def set_language(context: Context, phone: str, session: str, args: dict[str, Any]) -> dict[str, Any]:
    """Remember the language of this phone."""
    people.set_language(context.tx, phone, args["language"], session, context.now)
    return {}
