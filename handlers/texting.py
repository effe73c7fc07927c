"""A citizen's SMS gets its answer.

Decides: in which order a message may mean something, and who answers it. Must not know: how it came or leaves, how
answers are worded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from handlers import confirming, consent, dialogue, office, pins
from handlers.answers import OF_ALL, Answer, Desk, Sender, language_of
from handlers.cases import LISTED
from handlers.context import Context
from handlers.privacy import new_owner, status
from menus import commands
from menus.commands import Command
from menus.digits import ascii_digits
from menus.localized import LANGUAGES
from store import applications, asked, events, inbound, outbox, people

__all__ = ["Answer", "Sender", "answer"]

BY_ACTION: Mapping[str, str] = {"APPEAL": "appeal", "CANCEL": "withdraw"}
"""Keywords that make a citizen's move, as the SMS about the state invites them to."""
_FOUR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_UNTAKEN = frozenset({"not_understood", "choices", "which_one", "status", "unknown_ref"})
"""Answers to a message whose number was of no use."""
_PLAIN: Mapping[str, str] = {commands.HELP: "help", "LATER": "form_paused"}
SHOWN = 3
"""Cases named in one SMS."""


def answer(context: Context, sender: Sender, text: str) -> Answer | None:
    """The answer to any text at all; None when the notice of the change that it made says it already."""
    requests = context.content.grammar.read(text)
    telling = next((request for request in requests if request.intent not in OF_ALL), requests[0])
    desk = Desk(context, sender, language_of(context, sender, telling))
    reply = _one(desk, text, requests[0]) if len(requests) == 1 else _several(desk, requests)
    reply = _without_pin(desk, text, reply)
    return None if reply.kind == "acted" and _announced(context, reply.reference) else reply


def _without_pin(desk: Desk, text: str, reply: Answer) -> Answer:
    """A PIN is never taken by SMS: it says so, and what was stored of it is made unreadable."""
    numbers = _FOUR.findall(ascii_digits(text)) if reply.kind in _UNTAKEN else []
    if len(numbers) != 1 or not pins.is_kept(desk.context, desk.phone):
        return reply
    if pins.is_own(desk.context, desk.phone, numbers[0]):
        inbound.reworded(desk.context.tx, desk.sender.message, _FOUR.sub("----", ascii_digits(text)))
    elif reply.kind != "not_understood":
        return reply
    return desk.say("pin_not_by_text")


def _announced(context: Context, reference: str | None) -> bool:
    """Whether the newest event of the case has a message that will be sent."""
    last = events.history(context.tx, reference or "")[-1:]
    messages = outbox.of_reference(context.tx, reference or "")
    return any(message.event_id == event.id and message.state != "muted" for event in last for message in messages)


def _several(desk: Desk, requests: Sequence[Command]) -> Answer:
    """Each request in turn, in one answer; of two that change something neither is done, for the order may matter."""
    acting = desk.context.content.grammar.acting
    if sum(request.intent in acting for request in requests) > 1:
        return desk.say("one_at_a_time")
    replies = [_one(desk, "", request) for request in requests]
    said = [reply for reply in replies if reply.text and not _announced_reply(desk, reply)]
    if not said:
        return replies[0]
    return replace(said[0], text="\n".join(dict.fromkeys(reply.text for reply in said)))


def _announced_reply(desk: Desk, reply: Answer) -> bool:
    return reply.kind == "acted" and _announced(desk.context, reply.reference)


def _one(desk: Desk, text: str, command: Command) -> Answer:
    """Whose number it is comes first, then what we asked, then what the office or the form asks, then keywords."""
    owner = new_owner(desk, command, text)
    if isinstance(owner, Answer):
        return owner
    if owner is not None:
        return _again(desk, owner)
    if command.meant and command.intent in desk.context.content.grammar.acting:
        return confirming.guess(desk, command)
    if _later(_asked_last(desk), confirming.asked_at(desk, command)):
        reply = _open_question(desk, text, command)  # the yes is for what was asked since
        if reply is not None:
            return reply
    meant = confirming.answered(desk, command)
    if isinstance(meant, Answer):
        return meant
    if meant is not None:
        return _again(desk, meant)
    return _open_question(desk, text, command) or _keyword(desk, command)


def _again(desk: Desk, text: str) -> Answer:
    """The message that was meant."""
    command = desk.context.content.grammar.parse(text)
    return _open_question(desk, text, command) or _keyword(desk, command)


def _open_question(desk: Desk, text: str, command: Command) -> Answer | None:
    """The office's question or the form's, whichever was put last and takes this message."""
    form, case = dialogue.asked_at(desk), office.open_since(desk)
    if _later(case, form):
        return office.answered(desk, text, command) or dialogue.answered(desk, text, command)
    return dialogue.answered(desk, text, command) or office.answered(desk, text, command)


def _asked_last(desk: Desk) -> datetime | None:
    """When the form or the office last put a question that is open."""
    return max((at for at in (dialogue.asked_at(desk), office.open_since(desk)) if at), default=None)


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _keyword(desk: Desk, command: Command) -> Answer:
    """What a keyword or a reference on its own asks for."""
    opens, intent, reference = desk.context.content.grammar.opens, command.intent, command.reference
    if intent == commands.THANKS:
        return desk.silent("thanks")
    if intent == commands.BAD_REFERENCE:
        return desk.say("bad_ref")
    if intent in BY_ACTION:
        return office.by_action(desk, intent, BY_ACTION[intent], reference)
    if intent in ("STOP", "START"):
        return consent.change(desk, intent, reference)
    if intent == "LANG":
        return _switch(desk, command.value)
    if intent in opens:
        return dialogue.begin(desk, *opens[intent], about=reference)
    if reference:
        asked.ask(desk.context.tx, desk.phone, "subject", reference, None, desk.context.now)
        return status(desk, reference)
    if intent == "CONTINUE":
        return dialogue.resume(desk)
    return _own_cases(desk) if intent == "STATUS" else desk.say(_PLAIN.get(intent, "not_understood"))


def _own_cases(desk: Desk) -> Answer:
    """The state of the one case of this phone, or a line for each of the newest."""
    found = applications.of_phone(desk.context.tx, desk.phone, None, limit=LISTED)
    if not found:
        return desk.say("no_cases")
    if len(found) == 1:
        return desk.status(found[0])
    label = desk.context.content.state_label
    lines = [f"{case.reference} {label(case.state, desk.language)}" for case in found[:SHOWN]]
    return desk.say("my_cases", cases="\n".join(lines))


def _switch(desk: Desk, wanted: str | None) -> Answer:
    """Another language, from now on; one that we do not have is answered in the present one."""
    following = LANGUAGES[(LANGUAGES.index("en" if desk.language == "en" else "ar") + 1) % len(LANGUAGES)]
    language = wanted or following
    if language not in LANGUAGES:
        return desk.say("help")
    people.set_language(desk.context.tx, desk.phone, language, None, desk.context.now)
    return replace(desk, language=language).say("help")
