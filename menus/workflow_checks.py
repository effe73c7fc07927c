"""What a workflow must be before a case lives by it: whole, without dead ends, with a text for all that is told.

Decides: which workflow is refused at boot. Must not know: forms' screens, the store.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

from menus.content import Content, Service
from menus.localized import placeholders
from menus.texts import SHORT
from menus.workflow import BOUNDS, CITIZEN, ORIGIN, SAME, SYSTEM, Move, Param
from menus.yaml_source import Where

ROLES = frozenset(
    "CITIZEN CLERK VERIFIER INSPECTOR CLEARANCE CASHIER APPROVER CREW STORE SILO SCHOOL BRANCH REGISTRAR GRO HANDLER"
    " DIRECTOR SYSTEM".split()
)
CASE_WORDS = frozenset("reference days office due state question papers".split())
"""Placeholders that every case can fill; the rest come from the parameters of its moves."""


def check(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    """Every fault of a service's workflow, as (where, reason)."""
    flow = service.workflow
    yield from _urgent(content, service)
    if flow.start not in flow.states:
        yield ("workflow", "start"), f"there is no state {flow.start}"
    for number, move in enumerate(flow.moves):
        yield from ((("workflow", "moves", number), reason) for reason in _move(content, service, move))
    for state in flow.states:
        where = ("workflow", "states", state)
        if not content.states[state].closed and not any(state in move.source for move in flow.moves):
            yield where, "no move leaves this state, and it is not closed"
        entry = state == flow.start or content.states[state].entry
        if not entry and not any(move.to == state for move in flow.moves):
            yield where, "no move leads to this state"
        yield from ((where, reason) for reason in _ways_on(content, service, state))
        yield from ((where, reason) for reason in _clocks(content, service, state))
        yield from ((where, reason) for reason in _state_text(content, service, state))
        yield from ((where, reason) for reason in _replies(service, state))


def _urgent(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    urgent = service.urgent
    if urgent is None:
        return
    for state in sorted(set(urgent.states) - set(service.workflow.states)):
        yield ("urgent", "states", state), "there is no such state in this service"
    yield from ((("urgent", "when"), reason) for reason in answers(service, urgent.when))
    yield from ((("urgent", "text"), reason) for reason in _text(content, service, urgent.text))


def _replies(service: Service, state: str) -> Iterator[str]:
    here = [move for move in service.workflow.moves if state in move.source and CITIZEN in move.by and move.reply]
    for one, other in combinations(here, 2):
        if one.reply == other.reply and can_meet(one, other):
            yield f"{one.action} and {other.action}: two moves of the citizen share a reply digit, {one.reply}"


def can_meet(one: Move, other: Move) -> bool:
    """Whether some answers let both moves apply: on every field that both conditions name there is a common value.

    Not decided: whether the form asks the fields of two different conditions of the same citizen (then they are taken
    to meet), and cases of other systems that leave an answer out, which fit every condition. `came_from` tells no two
    moves apart: neither a screen nor an SMS asks for it.
    """
    return all(set(values) & set(other.when[name]) for name, values in one.when.items() if name in other.when)


def _ways_on(content: Content, service: Service, state: str) -> Iterator[str]:
    """From wherever a case came here, and whatever it is, somebody can take it on."""
    flow = service.workflow
    asked = content.states[state].papers or service.use(state).papers
    if asked and not (service.documents and service.papers):
        yield "the citizen is to bring papers, and the service has no documents or no papers in few words"
    if content.states[state].closed:
        return
    for origin in sorted({source for move in flow.moves if move.to == state for source in move.source}):
        on = (move for move in flow.moves_from(state, {}, origin) if move.to not in (SAME, *flow.detours))
        if not any(move.by != [SYSTEM] for move in on):
            yield f"no move leads on for a case that came from {origin}"


def answers(service: Service, when: Mapping[str, list[str]]) -> Iterator[str]:
    """The conditions on answers that no answer ever meets."""
    for name, values in when.items():
        asked = [question for question in service.questions if question.id == name]
        known = {choice.id for question in asked for choice in question.choices}
        if not asked or (any(question.type == "choice" for question in asked) and set(values) - known):
            yield f"`when` names {name}: {', '.join(values)}, which is no answer here"


def _clocks(content: Content, service: Service, state: str) -> Iterator[str]:
    """No case may wait for ever: each clock has the move that the system makes when it runs out."""
    for pace in service.use(state).paces:
        yield from answers(service, pace.when)
    use, turns = service.use(state), {content.states[state].clock}
    turns |= {move.turn for move in service.workflow.moves if state in move.source and move.turn}
    made = {move.action for move in service.workflow.moves if state in move.source and SYSTEM in move.by}
    for turn, action in (("citizen", "timeout"), ("office", "escalate")):
        if turn in turns and not content.states[state].closed and action not in made:
            yield f"the {turn}'s clock can run out here, and the system has no move {action}"
    params = {param.id for move in service.workflow.moves for param in move.params if param.type in ("day", "due")}
    if use.after and use.after not in params | set(content.calendar.named_days):
        yield f"`after` names {use.after}, which is no day of a move and no named day of the calendar"
    if use.until and use.until not in params:
        yield f"`until` names {use.until}, which is no day of a move"


def _state_text(content: Content, service: Service, state: str) -> Iterator[str]:
    names = [service.use(state).text or content.states[state].text]
    names += [move.text for move in service.workflow.moves if move.text and state in (move.to, *move.source)]
    for name in dict.fromkeys(names):
        yield from _text(content, service, name)


def _text(content: Content, service: Service, name: str) -> Iterator[str]:
    """An SMS about a case of this service: it is there, and its words and those of its short form are a case's."""
    if name not in content.sms:
        yield f"there is no SMS text {name}"
    for form in (name, f"{name}{SHORT}"):
        if form in content.sms and (unknown := placeholders(content.sms[form]) - words_of(service)):
            yield f"the SMS text {form} needs {', '.join(sorted(unknown))}, which no move gives"


def words_of(service: Service) -> frozenset[str]:
    """The placeholders that a case of this service may fill."""
    return CASE_WORDS | {param.id for move in service.workflow.moves for param in move.params}


def _move(content: Content, service: Service, move: Move) -> Iterator[str]:
    states = service.workflow.states
    yield from _conditions(service, move)
    for param in move.params:
        yield from (f"{move.action}: {param.id}: {reason}" for reason in _param(param))
    for state in (*move.source, move.to):
        if state not in states and state not in (ORIGIN, SAME):
            yield f"{move.action}: there is no state {state} in this service"
    if unknown := set(move.by) - ROLES:
        yield f"{move.action}: no such role {', '.join(sorted(unknown))}"
    if CITIZEN in move.by and move.reply and not move.label:
        yield f"{move.action}: a reply digit needs a label"
    if move.by == [SYSTEM] and any(param.required for param in move.params):
        yield f"{move.action}: the system gives no parameters"
    if move.gather and move.gather.then not in {m.action for m in service.workflow.moves}:
        yield f"{move.action}: gather.then names no move"
    if move.gather and (unknown := set(move.gather.of) - set(content.directorates)):
        yield f"{move.action}: no such directorate {', '.join(sorted(unknown))}"


def _conditions(service: Service, move: Move) -> Iterator[str]:
    """A condition that never holds is a spelling mistake."""
    flow = service.workflow
    yield from (f"{move.action}: {reason}" for reason in answers(service, move.when))
    for origin in move.came_from:
        into = {each.to for each in flow.moves if origin in each.source}
        if not into & set(move.source):
            yield f"{move.action}: `came_from` names {origin}, from which no case comes there"
    if move.instead_of and not any(each.action == move.instead_of and SYSTEM in each.by for each in flow.moves):
        yield f"{move.action}: `instead_of` names {move.instead_of}, which is no move of the system's"


def _param(param: Param) -> Iterator[str]:
    low, high = param.bounds if param.type in BOUNDS else (param.low, param.high)
    if param.type not in BOUNDS and not low == high is None:
        yield "only a number has bounds"
    if low is not None and high is not None and low > high:
        yield "low is above high"
    if param.working and param.type not in ("day", "due"):
        yield "only a day is a working day"
    if param.elsewhere and param.type != "directorate":
        yield "only a directorate is elsewhere"
