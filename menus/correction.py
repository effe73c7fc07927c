"""The screen that lists an application's answers by name, one of them to be given again.

Decides: which can be corrected, and what is dropped with each. Must not know: paging, wrong tries, the outside.
"""

from menus.content import Content
from menus.filling import form_of, list_keys, onward
from menus.forms import Question
from menus.places import PLACE_ANSWERS
from menus.state import Screen, State, Turn


def _correctable(content: Content, state: State) -> list[tuple[str, Question]]:
    answered = form_of(content, state).listed(state.answers)
    listed = [question for question in answered if question.id not in ("consent", "district", "place_same")]
    return list(zip(list_keys(), listed, strict=False))


def show_correct(content: Content, state: State) -> Screen:
    """The answers by name, one to be given again."""
    options = tuple((key, q.noun[state.language]) for key, q in _correctable(content, state))
    return Screen(content.ussd["which_answer"][state.language], options)


def take_correct(content: Content, state: State, typed: str) -> Turn | None:
    """Drop the chosen answer, so that its question is open again."""
    if typed == "0":
        return Turn(state.to("review"))
    question = dict(_correctable(content, state)).get(typed)
    if question is None:
        return None
    dropped = PLACE_ANSWERS if question.id in PLACE_ANSWERS else (question.id,)
    kept = {name: value for name, value in state.answers.items() if name not in dropped}
    return onward(content, state, kept)
