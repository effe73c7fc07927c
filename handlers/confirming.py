"""Yes and no to what we asked last: a withdrawal, a guess at a misspelt word, an unfinished form to be deleted.

Decides: whether the answer still counts and what it does. Must not know: how commands are carried out.
"""

from datetime import timedelta

from handlers import dialogue
from handlers.answers import Answer, Desk
from handlers.replies import having
from menus.commands import Command
from store import asked

WITHIN = timedelta(hours=1)
"""A withdrawal counts when YES comes within the hour (services-domain §2.2); so does every other yes."""


def guess(desk: Desk, command: Command) -> Answer:
    """Ask before a misspelt word changes anything."""
    word = (command.meant or "").upper()
    said = f"{word} {command.reference}" if command.reference else word
    asked.ask(desk.context.tx, desk.phone, "meant", command.reference, said, desk.context.now)
    return desk.say("did_you_mean", word=said)


def answered(desk: Desk, command: Command) -> Answer | str | None:
    """What YES or NO does to the question asked last; a text: the message that was meant, to be handled now."""
    if command.intent not in ("YES", "NO"):
        return None
    context = desk.context
    question = asked.find(context.tx, desk.phone)
    if question is None or question.kind == "subject" or context.now - question.at > WITHIN:
        return None
    if command.reference not in (None, question.reference):
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
