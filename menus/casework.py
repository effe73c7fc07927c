"""The screens of the citizen's own cases: list, status, what may be done, and its confirmation.

Decides: what each shows and what an answer leads to. Must not know: who may do what (the workflow says), the outside.
"""

from typing import Any

from menus.content import Content, Service
from menus.filling import begin as begin_form
from menus.filling import list_keys, question_screen
from menus.forms import Question
from menus.localized import fill
from menus.state import Effect, Screen, State, Turn
from menus.workflow import Move

RATINGS = ("1", "2", "3", "4", "5")


def begin(state: State, services: str) -> Turn:
    """Ask for the phone's cases: of one service, or `all`."""
    return Turn(state, effect=Effect("cases", {"services": services}))


def resume_cases(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """The list of the phone's cases, newest first."""
    return Turn(state.to("list", cases=result["cases"]))


def show_list(content: Content, state: State) -> Screen:
    """One line a case: reference and state."""
    words = content.ussd["my_requests" if state.cases else "no_requests"]
    lines = [f"{case['reference']} {content.state_label(case['state'], state.language)}" for case in state.cases]
    return Screen(words[state.language], tuple(zip(list_keys(), lines, strict=False)))


def take_list(content: Content, state: State, typed: str) -> Turn | None:
    """Open one case."""
    if typed == "0":
        return Turn(state.to("menu", cases=[]))
    chosen = dict(zip(list_keys(), state.cases, strict=False)).get(typed)
    return Turn(state, effect=Effect("case", {"reference": chosen["reference"]})) if chosen else None


def resume_case(content: Content, state: State, result: dict[str, Any]) -> Turn | None:
    """The case as it stands, or the list again when it is no longer this phone's."""
    return Turn(state.to("case", case=result)) if result.get("reference") else None


def _service(content: Content, state: State) -> Service | None:
    return content.services.get(state.case["service"])


def _moves(content: Content, state: State) -> dict[str, Move]:
    """Key -> move: a move keeps its reply digit, the rest take the next free keys."""
    service = _service(content, state)
    moves = service.workflow.by_citizen(state.case["state"], state.case["answers"]) if service else []
    moves = [move for move in moves if move.action not in state.case.get("spent", [])]
    taken = {move.reply for move in moves if move.reply}
    free = iter(key for key in list_keys() if key not in taken)
    return {move.reply or next(free): move for move in moves}


def show_case(content: Content, state: State) -> Screen:
    """Reference, state, date and the office that holds it; then what the citizen may do."""
    case, language = state.case, state.language
    label = content.state_label(case["state"], language)
    words = content.ussd["status_due" if case.get("due") else "status"]
    office = content.office(case["directorate"], language)
    values = {"reference": case["reference"], "state": label, "due": case.get("due", ""), "office": office}
    text = fill(words[language], values)
    if case.get("note"):
        text = f"{text}\n{case['note']}"
    options = [(key, (move.label or {})[language]) for key, move in _moves(content, state).items()]
    papers = _papers_key(content, state)
    options += [(papers, content.ussd["papers"][language])] if papers else []
    complain = _complain_key(content, state)
    options += [(complain, content.ussd["complain"][language])] if complain else []
    return Screen(text, tuple(sorted(options)))


def _papers_key(content: Content, state: State) -> str | None:
    """The key of the list of papers, where a case waits for them."""
    service = _service(content, state)
    if service is None or not content.papers(service, state.case["state"]):
        return None
    return next(key for key in list_keys() if key not in _moves(content, state))


def _complain_key(content: Content, state: State) -> str | None:
    """The key that begins a message about this case; none on such a message itself."""
    complaints = content.complaints
    if complaints is None or complaints.id == state.case["service"]:
        return None
    taken = {*_moves(content, state), _papers_key(content, state)}
    return next(key for key in list_keys() if key not in taken)


def show_papers(content: Content, state: State) -> Screen:
    """What to bring, paper by paper."""
    service = _service(content, state)
    documents = service.documents if service else []
    return Screen("\n".join([content.ussd["papers"][state.language], *(each[state.language] for each in documents)]))


def take_papers(content: Content, state: State, typed: str) -> Turn | None:
    """Back to the case."""
    return Turn(state.to("case")) if typed == "0" else None


def take_case(content: Content, state: State, typed: str) -> Turn | None:
    """Start one of the citizen's moves."""
    if typed == "0":
        # A session that opened with a case has no list behind it: an unfinished form, or the menu.
        behind = "list" if state.cases else "resume" if "origin" in state.known else "menu"
        return Turn(state.to(behind, case={}))
    if typed == _papers_key(content, state):
        return Turn(state.to("papers"))
    if content.complaints and typed == _complain_key(content, state):
        return begin_form(content, state, content.complaints.id, state.case["reference"])
    move = _moves(content, state).get(typed)
    if move is None:
        return None
    if move.answers:  # what is no field of the form takes words: by SMS
        by_text = _asked(content, state) is None
        return Turn(state.to("end", action="answer_by_text") if by_text else state.to("answer", action=move.action))
    if any(param.type == "rating" for param in move.params):
        return Turn(state.to("rate", action=move.action))
    if move.confirm:
        return Turn(state.to("confirm", action=move.action))
    return Turn(state, effect=_act(state, move.action, {}))


def _act(state: State, action: str, params: dict[str, str]) -> Effect:
    case = state.case
    args = {"reference": case["reference"], "version": case["version"], "action": action, "params": params}
    return Effect("act", {**args, "language": state.language})


def show_confirm(content: Content, state: State) -> Screen:
    """Sure? Asked before what cannot be taken back."""
    move = next(move for move in _moves(content, state).values() if move.action == state.action)
    label = (move.label or {})[state.language]
    text = fill(content.ussd["sure"][state.language], {"action": label, "reference": state.case["reference"]})
    return Screen(text, (("1", content.ussd["yes"][state.language]), ("2", content.ussd["no"][state.language])))


def take_confirm(content: Content, state: State, typed: str) -> Turn | None:
    """Yes makes the move; no and back lead to the case."""
    if typed == "1":
        return Turn(state, effect=_act(state, state.action, {}))
    return Turn(state.to("case", action="")) if typed in ("2", "0") else None


def show_rate(content: Content, state: State) -> Screen:
    """How was it? From poor to excellent."""
    words = [content.ussd[f"rate_{number}"][state.language] for number in RATINGS]
    return Screen(content.ussd["rate"][state.language], tuple(zip(RATINGS, words, strict=True)))


def take_rate(content: Content, state: State, typed: str) -> Turn | None:
    """A rating is the move's only parameter."""
    if typed in RATINGS:
        return Turn(state, effect=_act(state, state.action, {"rating": typed}))
    return Turn(state.to("case", action="")) if typed == "0" else None


def _asked(content: Content, state: State) -> Question | None:
    """The question of the form that the office asked again, if it is one of the form's."""
    service = _service(content, state)
    return service.question(state.case.get("question", ""), state.case["answers"]) if service else None


def show_answer(content: Content, state: State) -> Screen:
    """The office's question, asked as the form asks it."""
    question = _asked(content, state)
    assert question is not None  # take_case led here
    values = {**state.case["answers"], "place": content.place_name(state.case.get("place"), state.language)}
    return question_screen(question, fill(question.prompt[state.language], values), state.language)


def take_answer(content: Content, state: State, typed: str) -> Turn | None:
    """An answer by the form's own rule."""
    question = _asked(content, state)
    value = question.accept(typed) if question else None
    if value is not None:
        return Turn(state, effect=_act(state, state.action, {"value": value}))
    return Turn(state.to("case", action="")) if typed in ("", "0") else None


def resume_act(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """What became of the move: the new state, or why it was not made."""
    return Turn(state.to("end", action=result.get("refused", "acted"), case={**state.case, **result}))
