"""What a message gives to the open question of a form that is filled by SMS.

Decides: which key or value a text means there, by number or by the word of a choice. Must not know: what comes of it,
where forms are kept.
"""

from dataclasses import replace

from handlers.answers import Desk
from menus import commands, filling
from menus.commands import Command
from menus.digits import ascii_digits
from menus.forms import Question
from menus.normalise import fold
from menus.state import State
from store import applications

_TYPED = frozenset({commands.ANSWER, commands.REFERENCE, commands.BAD_REFERENCE})
_WORDS = frozenset({"YES", "NO", commands.UNKNOWN})


def in_order(desk: Desk, state: State) -> State:
    """The answers in the order of their questions: the store forgets it, and back takes the last one away."""
    if state.service not in desk.context.content.services:
        return state
    asked = [question.id for question in filling.form_of(desk.context.content, state).questions(state.answers)]
    known = {name: state.answers[name] for name in asked if name in state.answers}
    return replace(state, answers={**known, **state.answers})


def question_of(desk: Desk, state: State) -> Question | None:
    """The open question of the form; None on any other screen."""
    if state.at != "form":
        return None
    return filling.form_of(desk.context.content, state).next_question(state.answers)


def typed(desk: Desk, state: State, text: str, command: Command) -> str | None:
    """The key or the value that the message gives to the open question; None when it is not for it."""
    question = question_of(desk, state)
    if command.intent == commands.REFERENCE and not (question and question.type == "reference"):
        if applications.own(desk.context.tx, command.reference or "", desk.phone):
            return None  # their own request, not some other number of eight digits
    if command.intent in _TYPED:
        number = ascii_digits(command.reference or command.value or text).strip()
        eight = command.intent != commands.ANSWER
        return number if not eight or (question is not None and question.accept(number) is not None) else None
    if command.intent in _WORDS or question is not None:
        said = [option for option in _options(desk, state, question) if fold(option[1]) == fold(text)]
        if len(said) == 1:
            return said[0][0]
    return "1" if command.intent == "YES" and state.at == "review" else None


def _options(desk: Desk, state: State, question: Question | None) -> list[tuple[str, str]]:
    """The choices on offer, by key, in both languages."""
    if question is None:
        screen = filling.show_review(desk.context.content, state) if state.at == "review" else None
        return list(screen.options) if screen else []
    both = [(choice.key, label) for choice in question.choices for label in choice.label.values()]
    return (
        both + [(question.special.key, label) for label in question.special.label.values()]
        if question.special
        else both
    )
