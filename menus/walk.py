"""A form walked question by question, the same for USSD screens and an SMS dialogue.

Decides: which question is next, and what an answer changes. Must not know: screens, channels, the store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from menus.content import Content, Service
from menus.forms import Question, applies
from menus.places import PLACE_ANSWERS
from menus.rules import RULED, RULES

PROFILE_ANSWERS = ("consent", "card", *PLACE_ANSWERS)
"""Answers about the person; they are kept with the phone, not with the case."""


@dataclass(frozen=True, slots=True)
class Form:
    """One service's form under way for one phone."""

    content: Content
    service: Service
    known: Mapping[str, str]
    today: date

    def questions(self, answers: Mapping[str, str]) -> list[Question]:
        """The questions that these answers make apply, in order."""
        return list(self._applying(answers))

    def next_question(self, answers: Mapping[str, str]) -> Question | None:
        """The first question without a good answer, or None when the form is complete."""
        open_questions = (q for q in self._applying(answers) if not q.holds(answers.get(q.id, "")))
        return next(open_questions, None)

    def answered(self, answers: Mapping[str, str], question: Question, value: str) -> dict[str, str]:
        """The answers with `value` given last. Questions about it, or that have become others, are asked again."""
        before = {q.id: q for q in self.questions(answers)}
        given = {name: old for name, old in answers.items() if name != question.id} | {question.id: value}
        after = {q.id: q for q in self.questions(given)}
        gone = {name for name in given if name in after and before.get(name) is not after[name]}
        gone |= {q.id for q in self.service.questions if question.id in q.above or question.id in RULED.get(q.rule, ())}
        return {name: old for name, old in given.items() if name not in gone - {question.id}}

    def place(self, answers: Mapping[str, str]) -> str | None:
        """The place code that holds: the one chosen now, else the one known of the phone."""
        return answers.get("subdistrict") or self.known.get("place") or None

    def case_answers(self, answers: Mapping[str, str]) -> dict[str, str]:
        """What belongs to the case: answers of questions that apply, without those about the person."""
        applying = {q.id for q in self.questions(answers)}
        return {name: value for name, value in answers.items() if name in applying and name not in PROFILE_ANSWERS}

    def words(self, answers: Mapping[str, str], language: str) -> dict[str, str]:
        """Each answer in the citizen's words, for prompts and the review; with `place`."""
        said = {q.id: q.say(answers[q.id], language) for q in self.questions(answers) if q.id in answers}
        return {**said, "place": self.content.place_name(self.place(answers), language)}

    def _applying(self, answers: Mapping[str, str]) -> Iterator[Question]:
        facts = {**self.known, **answers}
        return (q for q in (*self.content.profile, *self.service.questions) if self._asked(q, facts))

    def _asked(self, question: Question, facts: Mapping[str, str]) -> bool:
        return applies(question, facts) and (question.rule is None or RULES[question.rule](facts, self.today))
