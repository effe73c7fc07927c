"""Yes and no to what we asked last: a withdrawal, a guess at a misspelt word, an unfinished form to be deleted.

Decides: whether the answer still counts and what it does. Must not know: how commands are carried out.
"""

from datetime import datetime, timedelta

from handlers import dialogue
from handlers.answers import Answer, Desk
from handlers.replies import having
from menus.commands import Command
from store import asked
from store.asked import Asked

WITHIN = timedelta(hours=1)
"""A withdrawal counts when YES comes within the hour (services-domain §2.2); so does every other yes."""


def guess(desk: Desk, command: Command) -> Answer:
    """Ask before a misspelt word changes anything."""
    word = (command.meant or "").upper()
    said = f"{word} {command.reference}" if command.reference else word
    asked.ask(desk.context.tx, desk.phone, "meant", command.reference, said, desk.context.now)
    return desk.say("did_you_mean", word=said)


def asked_at(desk: Desk, command: Command) -> datetime | None:
    """When the question was put that this YES or NO would answer; None when it answers none."""
    question = _question(desk, command)
    return question.at if question else None


def answered(desk: Desk, command: Command) -> Answer | str | None:
    """What YES or NO does to the question asked last; a text: the message that was meant, to be handled now."""
    context, question = desk.context, _question(desk, command)
    if question is None:
        return None
    asked.clear(context.tx, desk.phone)
    if command.intent == "NO":
        return desk.say("kept")
    if question.kind == "meant":
        return question.value
    if question.kind == "drop":
        return dialogue.dropped(desk)
    able = having(context, desk.phone, "withdraw", question.reference)
    return desk.act(able[0][0], "withdraw", {}) if able else None


def _question(desk: Desk, command: Command) -> Asked | None:
    if command.intent not in ("YES", "NO"):
        return None
    question = asked.find(desk.context.tx, desk.phone)
    if question is None or question.kind == "subject" or desk.context.now - question.at > WITHIN:
        return None
    return question if command.reference in (None, question.reference) else None
