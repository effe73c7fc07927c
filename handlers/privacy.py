"""Who is told what about a case by SMS (services-domain §5.1), and what the holder of a doubted number answers.

Decides: owner, stranger, stranger with the last digits of the card, guesser, new owner. Must not know: texts' wording.
A stranger's question about a case is the same work and the same answer as one about a number that is no case.
"""

import logging
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers import ownership
from handlers.answers import Answer, Desk
from handlers.personal import proving_card
from menus import commands
from menus.commands import Command
from menus.phones import mask
from store import applications, asked, exchange, glances, people, quarantine

log = logging.getLogger(__name__)

GUESSES = 5
"""References of nobody's, or of others', that a phone may ask for in a day (services-domain §5.1)."""
TAIL = 4
"""Digits of the national card by which a relative proves to know the applicant."""
_FREE = frozenset({commands.HELP, commands.THANKS, commands.UNKNOWN, "STOP", "START", "LANG"})
"""What a phone may ask whoever holds it."""
_MISSES = ("unknown_ref", "throttle")


def status(desk: Desk, reference: str) -> Answer:
    """The owner gets the state; anyone else exactly what an unknown reference gets."""
    case = applications.own(desk.context.tx, reference, desk.phone)
    return desk.status(case) if case else stranger(desk)


def stranger(desk: Desk) -> Answer:
    """The one answer about every reference that is not this phone's; guessing ends after some a day."""
    context, since = desk.context, _midnight(desk)
    released = quarantine.released_at(context.tx, desk.phone)
    counted = max(since, released) if released else since
    asked_before = exchange.count(context.tx, desk.sender.message, desk.phone, counted, intents=_MISSES)
    if asked_before < GUESSES:
        return desk.say("unknown_ref")
    log.warning("alert: %s asks for many references that are not its own", mask(desk.phone))
    quarantine.put(context.tx, desk.phone, "references", since + timedelta(days=1), context.now)
    return desk.say("throttle") if asked_before == GUESSES else desk.silent("throttle")


def by_card(desk: Desk, reference: str, tail: str) -> Answer:
    """Another phone with the last digits of the applicant's card: one of three words, never of a confidential case."""
    context = desk.context
    glance = glances.look(context.tx, reference)
    guessed = exchange.count(context.tx, desk.sender.message, desk.phone, _midnight(desk), intents=_MISSES)
    card = proving_card(context.seals, glance.card)
    service = context.content.services.get(glance.service or "")
    if service is None or glance.state is None or service.confidential or guessed >= GUESSES:
        return stranger(desk)
    if len(card) != 12 or card[-TAIL:] != tail:
        return stranger(desk)
    return desk.say(_brief(desk, glance.state), reference=reference)


def _brief(desk: Desk, state: str) -> str:
    kind = desk.context.content.states.get(state)
    if kind is None:
        return "brief_open"
    return "brief_closed" if kind.closed else "brief_needs" if kind.clock == "citizen" else "brief_open"


def new_owner(desk: Desk, command: Command, text: str) -> Answer | str | None:
    """Ask a doubted number whether it is still its owner's, before anything of a case is told or changed.

    None: go on with the message. A text: the owner is confirmed, go on with what they asked at first.
    """
    context = desk.context
    if command.intent in _FREE and not command.meant:
        return None
    question = asked.find(context.tx, desk.phone)
    if question is None or question.kind != "owner":
        return _ask(desk, text) if _is_doubted(desk) else None
    said = command.value if command.intent == commands.ANSWER and not command.reference else None
    if command.intent == "YES" or said == "1":
        asked.clear(context.tx, desk.phone)
        return question.value or ""
    if command.intent == "NO" or said == "2":
        asked.clear(context.tx, desk.phone)
        people.disown(context.tx, desk.phone, context.now)
        return desk.say("disowned")
    return desk.say(ownership.KIND)


def _ask(desk: Desk, text: str) -> Answer:
    asked.ask(desk.context.tx, desk.phone, "owner", None, text, desk.context.now)
    return desk.say(ownership.KIND)


def _is_doubted(desk: Desk) -> bool:
    """Whether a phone that has cases was out of sight or out of reach."""
    context = desk.context
    if not ownership.doubted(context.tx, [desk.phone], context.now, desk.sender.message):
        return False
    return bool(applications.of_phone(context.tx, desk.phone, None, limit=1))


def _midnight(desk: Desk) -> datetime:
    return datetime.combine(desk.context.today, time(), ZoneInfo(desk.context.content.calendar.timezone))
