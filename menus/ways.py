"""Ways that end in nothing: screens without a way back, services and questions that nobody meets, cases that stay open.

Decides: what of the content cannot be reached or left. Must not know: wording, sizes, files, the store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from menus import engine
from menus.content import Content, Service
from menus.engine import Step
from menus.filling import form_of
from menus.gsm import Budget
from menus.menu_checks import reached
from menus.paths import CALLERS, screens, visits
from menus.places import numbered
from menus.samples import case_states, menu_states, source_of
from menus.state import State
from menus.workflow import ORIGIN, SAME
from menus.yaml_source import Fault, Where

_ROOM = Budget(septets=10_000, ucs2=10_000)


def faults(content: Content) -> Iterator[Fault]:
    """Every fault, with file and place."""
    yield from _back(content)
    yield from _doors(content)
    for service in content.services.values():
        for where, reason in (*_unasked(content, service), *_workflow(content, service)):
            yield f"services/{service.id}.yaml", where, reason


def _back(content: Content) -> Iterator[Fault]:
    """`0`, or an empty answer where 0 is one, leads somewhere else from every screen but an end."""
    states = list(menu_states(content, "en"))
    for service in content.services.values():
        states += case_states(content, service, "en")
        states += screens(content, service.id, "en")
    for state in states:
        if state.at == "menu" and state.menu == "main":
            continue
        if not any(_leads_back(state, engine.advance(content, state, typed, _ROOM)) for typed in ("0", "")):
            file, where = source_of(state)
            yield file, where, f"{engine.layout(content, state, _ROOM)[0]}: there is no way back"


def _leads_back(before: State, step: Step) -> bool:
    """Whether it is another screen, and no further one; a default or a special answer leads on."""
    after = step.state
    if step.effect:
        return True
    return after.tries == 0 and replace(after, page=0) != before and len(after.answers) <= len(before.answers)


def _doors(content: Content) -> Iterator[Fault]:
    """A service that nobody can apply for by dialling."""
    lines = (item.service for name in reached(content) for item in content.menus[name].items)
    led_to = {*lines, *(target.service for target in content.shortcuts.values())}
    for service in sorted(set(content.services) - led_to):
        reason = "no line of a menu that can be reached and no shortcut leads to this service"
        yield f"services/{service}.yaml", ("id",), reason


def _unasked(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    """A question that no way through the form asks."""
    asked: set[int] = set()
    for caller in CALLERS:
        for visit in visits(content, service.id, caller, "en"):
            if visit.state.at == "form":
                asked.add(id(form_of(content, visit.state).next_question(visit.state.answers)))
    for number, question in numbered(service.questions):
        if id(question) not in asked:
            yield ("questions", number), f"{question.id} is never asked"


def _workflow(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    """Every state can be reached from the start, and from every state the case can come to a close."""
    flow = service.workflow
    starts = {flow.start, *(state for state in flow.states if content.states[state].entry)}
    edges: dict[str, set[str]] = {state: set() for state in flow.states}
    for move in flow.moves:
        for source in move.source:
            if move.to not in (SAME, ORIGIN):
                edges[source].add(move.to)
    reached = _reach(starts, edges)
    for state in sorted(set(flow.states) - reached):
        yield ("workflow", "states", state), f"cannot be reached from {flow.start}"
    for state in sorted(reached):
        back = {state} | ({each for each in flow.states if state in edges[each]} if _returns(service, state) else set())
        if not any(content.states[each].closed for each in _reach(back, edges)):
            yield ("workflow", "states", state), "a dead end, no way to a closed state"


def _returns(service: Service, state: str) -> bool:
    return any(move.to == ORIGIN and state in move.source for move in service.workflow.moves)


def _reach(starts: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    reached, fresh = set(starts), set(starts)
    while fresh:
        fresh = {target for state in fresh for target in edges[state]} - reached
        reached |= fresh
    return reached
