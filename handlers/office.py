"""The citizen answers the office: by a digit or a word when one question is open, by the reference when several are.

Decides: whether a message is such an answer, and the true reply to one that is late, repeated or no choice. Must not
know: keywords' spelling, forms.
"""

import re
from datetime import datetime, timedelta

from handlers import params, pins
from handlers.answers import Answer, Desk
from handlers.privacy import by_card, status
from handlers.replies import Open, Reply, called, closed, having, open_cases, options
from menus import commands
from menus.commands import Command
from menus.digits import ascii_digits
from menus.normalise import fold
from store import applications, asked

SUBJECT = timedelta(minutes=30)
"""So long a bare answer is about the case whose reference was just sent."""
_ASKS = re.compile(
    r"[?؟]|^(متي|شوكت|وين|اين|شلون|كيف|ليش|لماذا|شنو|ما|ماذا|هل|منو|when|where|how|why|what|who|is|can|do) "
)
_CARD_TAIL = re.compile(r"[0-9]{4}")
_ANSWERS = (commands.ANSWER, commands.BAD_REFERENCE, commands.REFERENCE)


def open_since(desk: Desk) -> datetime | None:
    """When the office last put a question to this phone that is still open."""
    return max((case.state_since for case in open_cases(desk.context, desk.phone, None).waiting), default=None)


def answered(desk: Desk, text: str, command: Command) -> Answer | None:
    """The reply to an answer of the citizen's; None when the message is none."""
    if command.loose or command.intent in ("YES", "NO", "NONE", commands.UNKNOWN):
        return _by_words(desk, text, command)
    if command.intent not in _ANSWERS:
        return None
    if command.intent == commands.REFERENCE and _own(desk, command.reference):
        return None  # the texts say: send the number to follow the case
    typed = ascii_digits(command.value or text).strip()
    named = command.reference if command.intent == commands.ANSWER else None
    if named and not _own(desk, named):
        return by_card(desk, named, typed) if _CARD_TAIL.fullmatch(typed) else status(desk, named)
    found = open_cases(desk.context, desk.phone, named)
    fitting = found.fitting(desk.context, typed, words=bool(named))
    if len(fitting) > 1:
        fitting = _of_subject(desk, fitting)
    if len(fitting) > 1:
        return desk.say("which_one")
    if fitting:
        return desk.act(fitting[0].case, fitting[0].action, fitting[0].params)
    if named and not typed.isdecimal():
        return _noted(desk, named, typed)
    return _no_choice(desk, found, typed, command)


def _own(desk: Desk, reference: str | None) -> bool:
    return applications.own(desk.context.tx, reference or "", desk.phone) is not None


def _of_subject(desk: Desk, fitting: list[Reply]) -> list[Reply]:
    """The reply that is about the case named a moment ago, or all of them."""
    question = asked.find(desk.context.tx, desk.phone)
    if question is None or question.kind != "subject" or desk.context.now - question.at > SUBJECT:
        return fitting
    return [reply for reply in fitting if reply.case.reference == question.reference] or fitting


def _by_words(desk: Desk, text: str, command: Command) -> Answer | None:
    """The word of a move, yes for the first choice of one, or free words for the one question that takes them."""
    found = open_cases(desk.context, desk.phone, command.reference)
    said = text if command.loose else command.value or text
    typed = "1" if command.intent == "YES" else said
    free = (command.loose or command.intent in ("NONE", commands.UNKNOWN)) and not _ASKS.search(_with_mark(said))
    fitting = fitting_words = _fitting_words(desk, found, said)
    if not fitting and found.waiting:
        fitting = found.fitting(desk.context, typed, words=free)
    fitting = [
        reply for reply in fitting if reply.case in found.waiting or (fitting_words and "rating" in reply.params)
    ]
    if len(fitting) > 1:
        return desk.say("which_one") if command.intent != commands.UNKNOWN else None
    if fitting:
        return desk.act(fitting[0].case, fitting[0].action, fitting[0].params)
    if command.intent == "NO" and len(found.waiting) == 1:
        return _choices(desk, found)
    return None


def _with_mark(text: str) -> str:
    """The text as questions are recognised: folded, with its question mark."""
    return f"{fold(text)} {'?' if '?' in text or '؟' in text else ''}"


def _fitting_words(desk: Desk, found: Open, said: str) -> list[Reply]:
    return [] if said.isdecimal() else found.fitting(desk.context, said)


def _noted(desk: Desk, named: str, words: str) -> Answer | None:
    """Words sent with a reference are added to the case, where its workflow takes them."""
    able = having(desk.context, desk.phone, "add_note", named)
    return desk.act(able[0][0], "add_note", {"note": words[: params.WORDS_LENGTH]}) if able else None


def _no_choice(desk: Desk, found: Open, typed: str, command: Command) -> Answer | None:
    """Nothing open takes this answer: it is late, repeated, or no choice."""
    if command.intent != commands.ANSWER or not typed.isdecimal():
        return None
    past = closed(desk.context, desk.phone, typed) if len(typed) == 1 else None
    if past and command.reference in (None, past[0].reference):
        return desk.about(past[0], "answered_before" if past[1] else "answered_late")
    return _choices(desk, found) if found.waiting else None


def _choices(desk: Desk, found: Open) -> Answer:
    named = options(desk.context, found.waiting[0], desk.language)
    if len(found.waiting) > 1 or not named:
        return desk.say("which_one") if len(found.waiting) > 1 else desk.status(found.waiting[0])
    return desk.say("choices", options=named)


def by_action(desk: Desk, intent: str, action: str, reference: str | None) -> Answer:
    """A move named by a word: on the case given, or on the only one that has it; what is final is asked first."""
    able = having(desk.context, desk.phone, action, reference)
    able = able or called(desk.context, desk.phone, intent, reference)  # an offer is objected to by another move
    if len(able) > 1:
        return desk.say("which_one")
    if not able:
        return status(desk, reference) if reference else desk.say("not_understood")
    if pins.is_kept(desk.context, desk.phone):
        return desk.say("pin_by_call")
    case, move = able[0]
    if not move.confirm:
        return desk.act(case, move.action, {})
    asked.ask(desk.context.tx, desk.phone, "withdraw", case.reference, None, desk.context.now)
    return desk.about(case, "withdraw_ask")
