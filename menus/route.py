"""The questions of one service in order, and which of them apply to what is known.

Decides: how that is found without asking every question again at every hop. Must not know: screens, the store.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from menus.forms import Facts, Question, is_past, meets
from menus.localized import Localized
from menus.rules import RULED, RULES

_MOST = 1024
"""Sets of deciding answers that a route remembers; a form has some tens."""


class Asked(NamedTuple):
    """A question that applies, with what every hop needs of it at hand: a model's own fields take longer to read."""

    question: Question
    id: str
    labels: Mapping[str, Localized]
    """Value -> how it is said, of those that are not said as they are."""
    is_closed: bool
    """Whether no other value than these is an answer."""
    is_listed: bool
    """Whether the review shows it; what only makes sure of another answer is not."""


class Route:
    """The profile's questions and a service's own. Belongs to one content, which never changes."""

    def __init__(self, profile: Sequence[Question], own: Sequence[Question]) -> None:
        self._all = tuple(map(_asked, (*profile, *own)))
        self._deciding = tuple(dict.fromkeys(name for each in self._all for name in each.question.when))
        self._met: dict[tuple[str | None, ...], tuple[tuple[Asked, ...], bool]] = {}
        self._about = _about(own)

    def asked(self, facts: Facts, today: date) -> tuple[Asked, ...]:
        """The questions that apply; the same tuple for the same deciding answers where no number or rule decides."""
        deciding = tuple(map(facts.get, self._deciding))
        met, is_final = self._met.get(deciding) or self._remembered(deciding, facts)
        return met if is_final else tuple([each for each in met if _applies(each.question, facts, today)])

    def about(self, field: str) -> frozenset[str]:
        """The questions that are asked because of the answer to `field`, by its number or by a rule."""
        return self._about.get(field, frozenset())

    def _remembered(self, deciding: tuple[str | None, ...], facts: Facts) -> tuple[tuple[Asked, ...], bool]:
        met = tuple([each for each in self._all if meets(each.question, facts)])
        if len(self._met) >= _MOST:
            self._met.clear()
        found = self._met[deciding] = met, not any(each.question.above or each.question.rule for each in met)
        return found


def _asked(question: Question) -> Asked:
    labels = {choice.id: choice.label for choice in question.choices}
    if question.special:
        labels[question.special.id] = question.special.label
    is_listed = not question.above and not question.rule
    return Asked(question, question.id, labels, question.type == "choice", is_listed)


def _applies(question: Question, facts: Facts, today: date) -> bool:
    """What of a question is not decided by its `when`."""
    return is_past(question, facts) and (question.rule is None or RULES[question.rule](facts, today))


def _about(own: Sequence[Question]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for question in own:
        for field in (*question.above, *RULED.get(question.rule, ())):
            found.setdefault(field, set()).add(question.id)
    return {field: frozenset(names) for field, names in found.items()}
