"""What a message gives to the open question of a form that is filled by SMS.

Decides: which key or value a text means there, by number or by the word of a choice. Must not know: what comes of it,
where forms are kept.
"""

from dataclasses import replace

from handlers.answers import Desk
from menus import answering, commands, filling
from menus.answering import Option
from menus.commands import Command
from menus.digits import ascii_digits
from menus.forms import Question
from menus.state import State
from store import applications

_TYPED = frozenset({commands.ANSWER, commands.REFERENCE, commands.BAD_REFERENCE})


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
    return _by_words(desk, state, question, text, command)


def _by_words(desk: Desk, state: State, question: Question | None, text: str, command: Command) -> str | None:
    """The key that words mean here: a label, yes or no, the one number, or that there is none."""
    options = _options(desk, state, question)
    key = answering.chosen(options, text)
    if key is None and command.intent in ("YES", "NO"):
        key = answering.assented(options, command.intent, desk.context.content.grammar)
    if key is None and command.intent == "YES" and state.at == "review":
        return "1"
    if key is not None or question is None:
        return key
    if named := answering.named(options, text):
        return named
    if command.intent == "NONE" and question.special:
        return question.special.key
    return answering.number(question, text) if command.intent == commands.UNKNOWN else None


def _options(desk: Desk, state: State, question: Question | None) -> list[Option]:
    """The choices on offer, by key, in both languages."""
    content = desk.context.content
    if question is not None:
        listed = [(choice.key, choice.label) for choice in question.choices]
        listed += [(question.special.key, question.special.label)] if question.special else []
        return [(key, words) for key, label in listed for words in label.values()]
    if state.at == "menu":
        return [(item.key, words) for item in content.menus[state.menu].items for words in item.label.values()]
    screen = filling.show_review(content, state) if state.at == "review" else None
    return list(screen.options) if screen else []
