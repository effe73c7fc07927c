"""A citizen's SMS gets its answer.

Decides: what each message means for this phone and what it is told. Must not know: how the message came or leaves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers import cases
from handlers.context import Context
from handlers.wording import case_words, sms
from menus import commands
from menus.commands import Command
from menus.digits import ascii_digits
from menus.localized import LANGUAGES
from menus.workflow import CITIZEN
from store import applications, events, outbox, people
from store.applications import Application

BY_ACTION: Mapping[str, str] = {"APPEAL": "appeal"}
"""Keywords that make a citizen's move at once, as the SMS about the state invites them to."""


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
        if command.intent == "STOP" and not command.reference:
            people.stop(self.context.tx, self.sender.phone, self.context.now)
            return self._say("stopped")
        if command.intent == "START":
            people.start(self.context.tx, self.sender.phone, self.context.now)
            return self._say("started")
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
        waiting = self._waiting(command.reference if command.intent == commands.ANSWER else None)
        fitting = [
            (case, action, params)
            for case in waiting
            if (found := self._fits(case, typed))
            for action, params in [found]
        ]
        if not fitting:
            return self._say("bad_choice") if waiting and command.intent == commands.ANSWER else None
        if len(fitting) > 1:
            return self._say("which_one")
        return self._act(*fitting[0])

    def _waiting(self, reference: str | None) -> list[Application]:
        """The phone's cases whose turn is the citizen's; only the named one when there is a name."""
        found = applications.of_phone(self.context.tx, self.sender.phone, None, limit=cases.LISTED)
        states = self.context.content.states
        turn = [case for case in found if case.state in states and states[case.state].clock == "citizen"]
        return [case for case in turn if reference in (None, case.reference)]

    def _fits(self, case: Application, typed: str) -> tuple[str, dict[str, str]] | None:
        """The move that `typed` makes on this case: by its digit, or as the value of the question asked."""
        service = self.context.content.services.get(case.service)
        if service is None:
            return None
        for move in service.workflow.by_citizen(case.state, case.answers):
            if move.reply == typed and not move.confirm:
                return move.action, {}
            asked = service.question(str(case.details.get("question", "")), case.answers)
            if any(param.type == "question" for param in move.params):
                value = asked.accept(typed) if asked else typed[:140]
                return (move.action, {"value": value}) if value else None
        return None

    def _act(self, case: Application, action: str, params: dict[str, str]) -> Answer:
        args: dict[str, Any] = {
            "reference": case.reference,
            "version": None,
            "action": action,
            "params": params,
            "language": self.language,
        }
        result = cases.act(self.context, self.sender.phone, f"sms:{self.sender.message}", args)
        if "refused" in result:
            return self._status(case.reference)
        return self._about(case.reference, "acted")

    def _by_action(self, action: str, reference: str | None) -> Answer:
        """A move named by a word: on the case given, or on the only one that has it."""
        found = applications.of_phone(self.context.tx, self.sender.phone, None, limit=cases.LISTED)
        able = [case for case in found if self._has(case, action) and reference in (None, case.reference)]
        if len(able) == 1:
            return self._act(able[0], action, {})
        if able:
            return self._say("which_one")
        return self._status(reference) if reference else self._say("not_understood")

    def _has(self, case: Application, action: str) -> bool:
        service = self.context.content.services.get(case.service)
        move = service.workflow.find(case.state, action, case.answers) if service else None
        return move is not None and CITIZEN in move.by

    def _switch(self, wanted: str | None) -> Answer:
        """Another language, from now on; a language that we do not have is answered in the present one."""
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
        return self._about(reference, "status_due" if owned.due_at else "status")

    def _about(self, reference: str, key: str) -> Answer:
        case = applications.find(self.context.tx, reference)
        service = self.context.content.services.get(case.service) if case else None
        if case is None or service is None:
            return self._say("unknown_ref")
        words = case_words(self.context.content, service, case, self.language)
        need = cases.needed(self.context, case, self.language)
        if need:
            words["need"] = need
        key, text = sms(self.context.content, "status_needs" if need and case.due_at else key, self.language, words)
        return Answer(key, text, self.language, reference)

    def _say(self, key: str) -> Answer:
        key, text = sms(self.context.content, key, self.language, {"code": self.sender.ussd_code})
        return Answer(key, text, self.language)


_PLAIN: Mapping[str, str] = {
    commands.HELP: "help",
    commands.UNKNOWN: "not_understood",
    commands.ANSWER: "not_understood",
    "STATUS": "help",
    "YES": "not_understood",
    "NO": "not_understood",
}
"""Intents answered by one text; those missing are services and moves, which are told to dial."""
