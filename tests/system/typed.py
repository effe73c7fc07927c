"""A form as the citizen who fills it in knows it: what was typed and taken, and where the gateway must still have it.

Decides: which answers may not be lost. Must not know: what the gateway holds; it is compared with this, never read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from menus.content import Content
from menus.forms import Question

ANY = "?"
"""An answer that was taken, of which the citizen cannot say how it was understood."""
PLACE = ("place_same", "district", "subdistrict")


class Sent(NamedTuple):
    """A form as it stood when the citizen sent it, by the content of that call."""

    def __repr__(self) -> str:
        return str(self.typed)

    typed: dict[str, str]
    content: Content


@dataclass
class Form:
    """One form of a phone. `origin`: the session in which it was begun; `content`: the version it was last filled by.

    `accepted`: answers after which the next screen came. `maybe`: those on their way when a call dropped. `ever`: all
    that was typed. `sent`: the answers as they stood each time the citizen sent them. `unsure`: what was typed last
    may be lost, because everything that can have held it was. `kept`: PostgreSQL has it as it stands.
    """

    service: str
    origin: str
    content: Content = field(repr=False)
    accepted: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict, repr=False)
    maybe: dict[str, set[str]] = field(default_factory=dict)
    ever: dict[str, set[str]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    reference: str = ""
    consented: bool = True
    corrected: bool = False
    unsure: bool = False
    kept: bool = False
    promised: bool = False
    over: bool = False

    def take(self, question: Question, value: str) -> None:
        """The question was answered, and the next screen came."""
        if question.id == "place_same":
            self._drop("district", "subdistrict")
        self.accepted = {name: said for name, said in self.accepted.items() if name != question.id}
        self.accepted[question.id] = value
        self.prompts[question.id] = question.prompt["en"]
        self.ever.setdefault(question.id, set()).add(value)
        self.consented = self.consented or question.id == "consent"

    def expect(self, question: Question, value: str) -> None:
        """An answer is on its way, and nobody knows whether it arrives."""
        self.maybe.setdefault(question.id, set()).add(value)
        self.ever.setdefault(question.id, set()).add(value)

    def ask(self, question: Question, *, for_a_reason: bool) -> None:
        """The question is on the screen: it has no answer now, which needs a reason if it had one."""
        had = self.accepted.get(question.id)
        still_good = had is not None and (had == ANY or question.holds(had))
        if question.id == "consent" and not self.accepted:
            self.consented = False
        assert for_a_reason or self.corrected or self.unsure or not still_good, f"asked again: {question.id}, {had!r}"
        self._drop(question.id)

    def settle(self, question: Question | None) -> None:
        """A screen beyond those questions that were on their way: they arrived."""
        asked = {each.id: each for each in (*self.content.profile, *self.content.services[self.service].questions)}
        for name, values in self.maybe.items():
            if name in asked and (question is None or name != question.id) and name not in self.accepted:
                self.take(asked[name], values.copy().pop() if len(values) == 1 else ANY)
        self.maybe.clear()

    def is_worth_keeping(self) -> bool:
        """Consent is given, something is answered, and nobody has sent it."""
        return self.consented and bool(self.accepted) and not self.over and not self.sent

    def faults(self, stored: Mapping[str, Any]) -> list[str]:
        """What is wrong with a draft of this form."""
        return faults(self, Sent(self.accepted, self.content), stored)

    def adopt(self, stored: Mapping[str, Any]) -> None:
        """Go on with what there is, where nobody can say how much that must be."""
        self.accepted = {name: str(value) for name, value in stored.items()}
        asked = (*self.content.profile, *self.content.services[self.service].questions)
        for each in asked:
            if each.id in stored and all(stored.get(on, "") in values for on, values in each.when.items()):
                self.prompts[each.id] = each.prompt["en"]
        self.prompts = {**dict.fromkeys(self.accepted, ""), **self.prompts}
        self.consented, self.unsure = True, False

    def _drop(self, *names: str) -> None:
        self.accepted = {name: said for name, said in self.accepted.items() if name not in names}


def faults(form: Form, sent: Sent, stored: Mapping[str, Any]) -> list[str]:
    """Answers that are stored otherwise than typed, or not at all."""
    typed, found = sent.typed, []
    for name, value in stored.items():
        allowed = {typed[name]} | form.maybe.get(name, set()) if name in typed else form.ever.get(name, set())
        if ANY not in allowed and str(value) not in allowed:
            found.append(f"{name} is {value!r}, typed was {sorted(allowed)}")
    missing = [name for name in typed if name not in stored and _applies(form, name, sent)]
    return found + [f"{name} is lost, typed was {typed[name]!r}" for name in missing]


def _applies(form: Form, name: str, sent: Sent) -> bool:
    """Whether the question that was answered is one of the form as it stands; those that only make sure are not."""
    typed, content = sent
    questions = (*content.profile, *content.services[form.service].questions)
    asked = [each for each in questions if each.id == name and each.prompt["en"] == form.prompts[name]]
    return any(
        not each.above
        and not each.rule
        and (typed[name] == ANY or each.holds(typed[name]))
        and all(typed.get(on, "") in (*values, ANY) for on, values in each.when.items() if not on.startswith("known"))
        for each in asked
    )
