"""What goes back to a citizen who texted: worded in their language, about one of their cases or about none.

Decides: how an answer is worded and what it is called. Must not know: why it is given, how it leaves.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers import cases, pins
from handlers.context import Context
from handlers.wording import case_words, sms
from menus.commands import Command
from store import applications, exchange, people
from store.cases import Application

OF_ALL = frozenset({"STOP", "START"})
"""Words that people write in Latin letters whatever their language."""
TALK = timedelta(hours=24)
"""A number without letters is in the language in which we last wrote to the phone, for so long."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who texted. `message` is our id of the message; `ussd_code` is what a phone is told to dial."""

    phone: str
    message: int
    default_language: str
    ussd_code: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the text key, the text ('' says nothing), its language, and the case it is about."""

    kind: str
    text: str
    language: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """One message being answered."""

    context: Context
    sender: Sender
    language: str

    @property
    def phone(self) -> str:
        """Who is answered."""
        return self.sender.phone

    def say(self, key: str, **words: str) -> Answer:
        """A text about no case."""
        key, text = sms(self.context.content, key, self.language, {"code": self.sender.ussd_code, **words})
        return Answer(key, text, self.language)

    def silent(self, kind: str) -> Answer:
        """Understood, and nothing to say."""
        return Answer(kind, "", self.language)

    def about(self, case: Application, key: str, **words: str) -> Answer:
        """A text about a case of this phone's."""
        service = self.context.content.services.get(case.service)
        if service is None:
            return self.say("unknown_ref")
        known = case_words(self.context.content, service, case, self.language)
        known["need"] = cases.needed(self.context, case, self.language)
        key, text = sms(self.context.content, key, self.language, {**known, **words})
        return Answer(key, text, self.language, case.reference)

    def status(self, case: Application) -> Answer:
        """The state of a case of this phone's, its date, and what is needed; of one behind a PIN the state alone."""
        if pins.is_kept(self.context, self.phone):
            return self.about(case, "status")
        needed = cases.needed(self.context, case, self.language)
        if not case.due_at:
            return self.about(case, "status_why" if needed else "status")
        return self.about(case, "status_needs" if needed else "status_due")

    def act(self, case: Application, action: str, params: dict[str, str]) -> Answer:
        """Make the citizen's move; `acted` where the notice of the change may say it already."""
        args: dict[str, Any] = {"reference": case.reference, "version": None, "language": self.language}
        result = cases.act(
            self.context, self.phone, f"sms:{self.sender.message}", args | {"action": action, "params": params}
        )
        now = applications.own(self.context.tx, case.reference, self.phone) or case
        return self.status(now) if "refused" in result else self.about(now, "acted")


def language_of(context: Context, sender: Sender, command: Command) -> str:
    """The language of the letters; of bare numbers that of our last words to the phone, else the phone's own."""
    if command.language and command.intent not in OF_ALL:
        return command.language
    lately = exchange.language(context.tx, sender.phone, context.now - TALK)
    person = people.find(context.tx, sender.phone)
    return lately or (person.language if person else command.language or sender.default_language)
