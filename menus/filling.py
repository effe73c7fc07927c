"""The screens of an application: questions, review, correction, sending.

Decides: what each shows and what an answer leads to. Must not know: paging, wrong tries, the outside.
"""

from typing import Any

from menus.content import Content
from menus.forms import Choice, Question
from menus.localized import Localized, fill
from menus.state import Effect, Screen, State, Turn
from menus.walk import PROFILE_ANSWERS, Form

_LIST_KEYS = [str(number) for number in range(1, 100) if number not in (8, 98)]
"""Keys of a list that may be long: 8 is 'more', 98 is the provider's own pager (contract §1.5)."""


def list_keys() -> list[str]:
    """Keys for options that are numbered as they come."""
    return _LIST_KEYS


def form_of(content: Content, state: State) -> Form:
    """The form that a session is filling."""
    return Form(content, content.services[state.service], state.known, state.today)


FILLED = "filled"
"""Key in `State.known`: the question that was answered for the citizen before the first one."""


def begin(content: Content, state: State, service: str, about: str | None = None) -> Turn:
    """Open a service's form, or say when it opens; `about`: the reference of the case that it is about."""
    window = content.services[service].window
    if window and not window.is_open(state.today):
        return Turn(state.to("closed", service=service))
    known = {name: value for name, value in state.known.items() if name not in ("origin", FILLED)}  # a form of its own
    question = content.services[service].about_case
    if not (about and question):
        return onward(content, state.to("form", service=service, known=known), {})
    filled = state.to("form", service=service, known={**known, FILLED: question}, cases=[], case={})
    return onward(content, filled, {question: about})


def go_on(content: Content, state: State) -> Turn:
    """Take up a form with the answers it has, or say when its service opens again."""
    window = content.services[state.service].window
    if window and not window.is_open(state.today):
        return Turn(state.to("closed"))
    return onward(content, state, state.answers)


def onward(content: Content, state: State, answers: dict[str, str]) -> Turn:
    """What these answers lead to: the next question, or the review."""
    form = form_of(content, state)
    return _led(content, state, form, answers, form.next_question(answers))


def _led(content: Content, state: State, form: Form, answers: dict[str, str], question: Question | None) -> Turn:
    """The question is drawn here, where it is known."""
    if question is None:
        return Turn(state.to("review", answers=answers))
    asking = state.to("form", answers=answers)
    return Turn(asking, _ask(content, asking, form, question))


# -- a question --------------------------------------------------------------------------------------------------


def show_form(content: Content, state: State) -> Screen:
    """The question that is open."""
    form = form_of(content, state)
    question = form.next_question(state.answers)
    assert question is not None  # a form state always has an open question
    return _ask(content, state, form, question)


def _ask(content: Content, state: State, form: Form, question: Question) -> Screen:
    place = (state.service, id(question), state.language)  # an id is safe: the content keeps its questions
    drawn = content.drawn.get(place)
    if drawn is None:
        text = question.prompt[state.language]
        bare, name = question_screen(question, text, state.language), f"{state.service}.{question.id}"
        drawn = Screen(text, bare.options, bare.back, name=name, free=bare.free, cut=None if "{" in text else {})
        content.drawn[place] = drawn
    if drawn.cut is not None:
        return drawn
    return drawn.saying(fill(drawn.text, form.words(state.answers, state.language)))


def question_screen(question: Question, text: str, language: str) -> Screen:
    """A question with its choices; a special answer is listed by its key and may take the place of back."""
    options = [(choice.key, choice.label[language]) for choice in question.choices]
    special = question.special
    if special:
        options.append((special.key, special.label[language]))
    back = not (special and special.key == "0")
    return Screen(text, tuple(options), back=back, free=question.type != "choice")


def take_form(content: Content, state: State, typed: str) -> Turn | None:
    """An answer to the open question."""
    form = form_of(content, state)
    question = form.next_question(state.answers)
    assert question is not None
    value = question.accept(typed)
    if value is None:
        return _back(content, state) if typed in ("", "0") else None
    for choice in question.choices:
        if choice.id == value and (choice.end or choice.redo):
            return _turned(content, state, choice)
    if question.own and not (question.special and value == question.special.id):
        return Turn(state, effect=Effect("own_reference", {"reference": value}))
    return _led(content, state, form, *form.advanced(state.answers, question, value))


def _turned(content: Content, state: State, choice: Choice) -> Turn:
    if choice.end:
        return Turn(state.to("end", action=choice.end))
    kept = {name: value for name, value in state.answers.items() if name != choice.redo}
    return onward(content, state, kept)


def resume_own_reference(content: Content, state: State, result: dict[str, Any]) -> Turn | None:
    """The reference is this phone's own, or the question is asked again."""
    form = form_of(content, state)
    question = form.next_question(state.answers)
    if not result["own"] or question is None:
        return None
    return _led(content, state, form, *form.advanced(state.answers, question, result["reference"]))


def _back(content: Content, state: State) -> Turn:
    given = [name for name in state.answers if name != state.known.get(FILLED)]
    if not given:
        return Turn(state.to("menu", service="", answers={}))
    last = given[-1]
    kept = {name: value for name, value in state.answers.items() if name != last}
    return Turn(state.to("form", answers=kept))


# -- review ------------------------------------------------------------------------------------------------------


def show_review(content: Content, state: State) -> Screen:
    """Everything answered, to be sent, corrected or dropped."""
    form, language = form_of(content, state), state.language
    said = form.words(state.answers, language)
    lines = [form.service.name[language], said["place"]]
    for question in form.listed(state.answers):
        if question.id not in PROFILE_ANSWERS:
            lines.append(_in_review(question.review, said[question.id], language))
    text = fill(content.ussd["review"][language], {"answers": "\n".join(lines)})
    labels = [("1", "send"), ("2", "correct"), ("0", "cancel")]
    return Screen(text, tuple((key, content.ussd[name][language]) for key, name in labels), back=False)


def _in_review(review: Localized | None, value: str, language: str) -> str:
    return fill(review[language], {"value": value}) if review else value


def take_review(content: Content, state: State, typed: str) -> Turn | None:
    """Send, correct, or cancel."""
    if typed == "1":
        return Turn(state, effect=Effect("submit", _submission(content, state)))
    if typed == "2":
        return Turn(state.to("correct"))
    if typed == "0" and "origin" in state.known:  # the draft of an earlier call is dropped with it
        return Turn(state.but(service="", answers={}), effect=Effect("discard", {"origin": state.known["origin"]}))
    return Turn(state.to("menu", service="", answers={})) if typed == "0" else None


def _submission(content: Content, state: State) -> dict[str, Any]:
    form = form_of(content, state)
    person = {name: state.answers[name] for name in ("consent", "card") if name in state.answers}
    return {
        "service": state.service,
        "language": state.language,
        "answers": form.case_answers(state.answers),
        "place": form.place(state.answers),
        "person": person,
        "origin": state.known.get("origin"),
    }


def resume_submit(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """The reference, or why it was not taken."""
    return Turn(state.to("end", action=result.get("refused", "done"), case=result))


# -- closed season -----------------------------------------------------------------------------------------------


def show_closed(content: Content, state: State) -> Screen:
    """The service takes no applications today."""
    window = content.services[state.service].window
    assert window is not None
    month, day = window.opens.split("-")
    return Screen(fill(content.ussd["closed"][state.language], {"date": f"{day}/{month}"}))


def take_closed(content: Content, state: State, typed: str) -> Turn | None:
    """Only back leads on."""
    return Turn(state.to("menu", service="")) if typed == "0" else None
