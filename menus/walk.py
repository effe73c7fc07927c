"""A form walked question by question, the same for USSD screens and an SMS dialogue.

Decides: which question is next, and what an answer changes. Must not know: screens, channels, the store.
"""

from collections.abc import Mapping
from datetime import date

from menus import state
from menus.content import Content, Service
from menus.forms import Question
from menus.places import PLACE_ANSWERS
from menus.route import Asked

PROFILE_ANSWERS = ("consent", "card", *PLACE_ANSWERS)
"""Answers about the person; they are kept with the phone, not with the case."""


@state.value
class Form:
    """One service's form under way for one phone."""

    content: Content
    service: Service
    known: Mapping[str, str]
    today: date

    def questions(self, answers: Mapping[str, str]) -> tuple[Question, ...]:
        """The questions that these answers make apply, in order."""
        return tuple([each.question for each in self._asked(answers)])

    def listed(self, answers: Mapping[str, str]) -> list[Question]:
        """Of these the answered ones, for the review: without those that only make sure of another answer."""
        return [each.question for each in self._asked(answers) if each.is_listed and each.id in answers]

    def next_question(self, answers: Mapping[str, str]) -> Question | None:
        """The first question without a good answer, or None when the form is complete."""
        return _first_open(self._asked(answers), answers)

    def answered(self, answers: Mapping[str, str], question: Question, value: str) -> dict[str, str]:
        """The answers with `value` given last. Questions about it, or that have become others, are asked again."""
        return self.advanced(answers, question, value)[0]

    def advanced(
        self, answers: Mapping[str, str], question: Question, value: str
    ) -> tuple[dict[str, str], Question | None]:
        """The answers as `answered` gives them, and the question that is next."""
        given = {name: old for name, old in answers.items() if name != question.id} | {question.id: value}
        gone = self.content.routes[self.service.id].about(question.id)
        asked, now = self._asked(answers), self._asked(given)
        if asked is not now:
            before, after = {each.id: each for each in asked}, {each.id: each for each in now}
            gone |= {name for name in given if name in after and before.get(name) is not after[name]}
        if not gone:
            return given, _first_open(now, given)
        kept = {name: old for name, old in given.items() if name not in gone or name == question.id}
        return kept, self.next_question(kept)

    def place(self, answers: Mapping[str, str]) -> str | None:
        """The place code that holds: the one chosen now, else the one known of the phone."""
        return answers.get("subdistrict") or self.known.get("place") or None

    def case_answers(self, answers: Mapping[str, str]) -> dict[str, str]:
        """What belongs to the case: answers of questions that apply, without those about the person."""
        applying = {each.id for each in self._asked(answers)}
        return {name: value for name, value in answers.items() if name in applying and name not in PROFILE_ANSWERS}

    def words(self, answers: Mapping[str, str], language: str) -> dict[str, str]:
        """Each answer in the citizen's words, for prompts and the review; with `place`."""
        said = {}
        for _, name, labels, _, _ in self._asked(answers):
            if name in answers:
                label = labels.get(answers[name])
                said[name] = label[language] if label else answers[name]
        said["place"] = self.content.place_name(self.place(answers), language)
        return said

    def _asked(self, answers: Mapping[str, str]) -> tuple[Asked, ...]:
        return self.content.routes[self.service.id].asked({**self.known, **answers}, self.today)


def _first_open(asked: tuple[Asked, ...], answers: Mapping[str, str]) -> Question | None:
    for question, name, labels, is_closed, _ in asked:  # spelt out: every hop does this twice for every question
        value = answers.get(name, "")
        if value not in labels and (is_closed or not value or not question.holds(value)):
            return question
    return None
