"""A citizen's SMS gets its answer.

Decides: what each message asks of us and what its sender is told. Must not know: how the message came or leaves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers import cases, params
from handlers.context import Context
from handlers.replies import Reply, having, open_cases
from handlers.wording import case_words, sms
from menus import commands
from menus.commands import Command
from menus.digits import ascii_digits
from menus.localized import LANGUAGES
from store import applications, events, outbox, people

BY_ACTION: Mapping[str, str] = {"APPEAL": "appeal", "CANCEL": "withdraw"}
"""Keywords that make a citizen's move, as the SMS about the state invites them to."""
CONFIRM = "withdraw_ask"
CONFIRM_WITHIN = timedelta(hours=1)
"""A withdrawal counts when YES comes within the hour (services-domain §2.2)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who texted. `message` is our id of the message; `ussd_code` is what a phone is told to dial."""

    phone: str
    message: int
    default_language: str
    ussd_code: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the text key, the text, its language, and the case it is about."""

    kind: str
    text: str
    language: str
    reference: str | None = None


def answer(context: Context, sender: Sender, text: str) -> Answer | None:
    """The answer to any text at all; None when the notice of the change that it made says it already."""
    command = context.content.grammar.parse(text)
    desk = _Desk(context, sender, _language(context, sender, command))
    reply = desk.open_question(text, command) or desk.command(command)
    return None if reply.kind == "acted" and _announced(context, reply.reference) else reply


def _announced(context: Context, reference: str | None) -> bool:
    """Whether the newest event of the case has a message that will be sent."""
    last = events.history(context.tx, reference or "")[-1:]
    messages = outbox.of_reference(context.tx, reference or "")
    return any(message.event_id == event.id and message.state != "muted" for event in last for message in messages)


def _language(context: Context, sender: Sender, command: Command) -> str:
    """The language of the letters; for bare numbers that of the phone."""
    if command.language:
        return command.language
    person = people.find(context.tx, sender.phone)
    return person.language if person else sender.default_language


@dataclass(frozen=True, slots=True)
class _Desk:
    """One message being answered."""

    context: Context
    sender: Sender
    language: str

    def command(self, command: Command) -> Answer:
        """What a keyword or a number on its own asks for."""
        if command.intent == commands.BAD_REFERENCE:
            return self._say("bad_ref")
        if command.intent in BY_ACTION:
            return self._by_action(BY_ACTION[command.intent], command.reference)
        if command.intent == "YES":
            return self._confirmed() or self._say("not_understood")
        if command.intent in ("STOP", "START") and not command.reference:
            change, key = (people.stop, "stopped") if command.intent == "STOP" else (people.start, "started")
            change(self.context.tx, self.sender.phone, self.context.now)
            return self._say(key)
        if command.intent == "LANG":
            return self._switch(command.value)
        if command.reference:
            return self._status(command.reference)
        return self._say(_PLAIN.get(command.intent, "dial"))

    def open_question(self, text: str, command: Command) -> Answer | None:
        """The answer to what the office waits for, when this message is one; None when it is not."""
        if command.intent not in (commands.ANSWER, commands.BAD_REFERENCE, commands.REFERENCE):
            return None
        typed = ascii_digits(command.value or text).strip()
        named = command.reference if command.intent == commands.ANSWER else None
        found = open_cases(self.context, self.sender.phone, named)
        fitting = found.fitting(self.context, typed)
        if len(fitting) > 1:
            return self._say("which_one")
        if fitting:
            return self._act(fitting[0])
        if named and not typed.isdecimal():
            return self._noted(named, typed)
        return self._say("bad_choice") if found.waiting and command.intent == commands.ANSWER else None

    def _noted(self, reference: str, words: str) -> Answer | None:
        """Words sent with a reference are added to the case, where its workflow takes them."""
        able = having(self.context, self.sender.phone, "add_note", reference)
        said = {"note": words[: params.WORDS_LENGTH]}
        return self._act(Reply(able[0][0], "add_note", said)) if able else None

    def _by_action(self, action: str, reference: str | None) -> Answer:
        """A move named by a word: on the case given, or on the only one that has it; what is final is asked first."""
        able = having(self.context, self.sender.phone, action, reference)
        if len(able) > 1:
            return self._say("which_one")
        if not able:
            return self._status(reference) if reference else self._say("not_understood")
        case, move = able[0]
        return self._about(case.reference, CONFIRM) if move.confirm else self._act(Reply(case, action))

    def _confirmed(self) -> Answer | None:
        """YES, to the question that was asked last."""
        since = self.context.now - CONFIRM_WITHIN
        asked = outbox.latest(self.context.tx, self.sender.phone, CONFIRM, since)
        if asked is None:
            return None
        able = having(self.context, self.sender.phone, "withdraw", asked.reference)
        return self._act(Reply(able[0][0], "withdraw")) if able else None

    def _act(self, reply: Reply) -> Answer:
        reference = reply.case.reference
        args: dict[str, Any] = {"reference": reference, "version": None, "language": self.language}
        args |= {"action": reply.action, "params": reply.params}
        result = cases.act(self.context, self.sender.phone, f"sms:{self.sender.message}", args)
        return self._status(reference) if "refused" in result else self._about(reference, "acted")

    def _switch(self, wanted: str | None) -> Answer:
        """Another language, from now on; one that we do not have is answered in the present one."""
        following = LANGUAGES[(LANGUAGES.index("en" if self.language == "en" else "ar") + 1) % len(LANGUAGES)]
        language = wanted or following
        if language not in LANGUAGES:
            return self._say("help")
        people.set_language(self.context.tx, self.sender.phone, language, None, self.context.now)
        return _Desk(self.context, self.sender, language)._say("help")

    def _status(self, reference: str) -> Answer:
        """The owner gets the state; anyone else exactly what an unknown reference gets (services-domain §5.1)."""
        owned = cases.owned(self.context, self.sender.phone, reference)
        if owned is None:
            return self._say("unknown_ref")
        needs = cases.needed(self.context, owned, self.language)
        if owned.due_at:
            return self._about(reference, "status_needs" if needs else "status_due")
        return self._about(reference, "status")

    def _about(self, reference: str, key: str) -> Answer:
        case = applications.find(self.context.tx, reference)
        service = self.context.content.services.get(case.service) if case else None
        if case is None or service is None:
            return self._say("unknown_ref")
        words = case_words(self.context.content, service, case, self.language)
        words["need"] = cases.needed(self.context, case, self.language)
        key, text = sms(self.context.content, key, self.language, words)
        return Answer(key, text, self.language, reference)

    def _say(self, key: str) -> Answer:
        key, text = sms(self.context.content, key, self.language, {"code": self.sender.ussd_code})
        return Answer(key, text, self.language)


_PLAIN: Mapping[str, str] = {
    commands.HELP: "help",
    commands.UNKNOWN: "not_understood",
    commands.ANSWER: "not_understood",
    "STATUS": "help",
    "NO": "not_understood",
}
"""Intents answered by one text; those missing are services, which are told to dial."""
