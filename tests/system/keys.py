"""Keys that lead on: what a citizen who means well presses at a screen.

Decides: which of the good answers, by the dice. Must not know: what becomes of them.
"""

from random import Random

from menus.forms import Question
from tests.system.calls import Call

SHORTCUTS = ("21", "31", "51", "11")
_LEADING = {"resume": "111120", "review": "1112", "correct": "1230"}


def good_key(call: Call, random: Random) -> str:
    """A key that the screen asks for."""
    shown = call.shown
    assert shown is not None
    if shown.kind == "menu":
        return random.choice("2225319") if shown.name == "main" else "0"
    if shown.kind == "question" and shown.question:
        return _answer(shown.question, random)
    return random.choice(_LEADING.get(shown.kind, "0"))


def _answer(question: Question, random: Random) -> str:
    """A key that answers a question."""
    going_on = [choice.key for choice in question.choices if not choice.end and not choice.redo]
    if going_on:
        return random.choice(going_on)
    if question.type == "reference" and question.special:
        return question.special.key
    if question.special and random.random() < 0.3:
        return question.special.key
    if question.type == "year_month":
        return f"{random.randrange(2012, 2020)}{random.randrange(1, 13):02}"
    low, high = question.low or 0, question.high or 0
    if question.type == "digits":
        return str(random.randrange(10 ** (high - 1), 10**high))
    return str(random.randrange(low, min(high, 10 * low + 10) + 1))
