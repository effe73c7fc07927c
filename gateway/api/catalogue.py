"""GET /services: the services and their workflows, for programmers of other systems.

Decides: how much of the content is told. Must not know: cases.
"""

from pydantic import Field

from gateway.api import operation
from gateway.api.models import Move, Param, Shown
from gateway.api.operation import Caller
from gateway.api.reply import Reply, ok
from handlers import broadcasts, desk
from handlers.params import describe
from menus import content as menus
from menus import workflow

Words = dict[str, str]


class State(Shown):
    """A state of a service. `days`: working days where the office is awaited, days where the citizen is."""

    id: str
    label: Words
    clock: str = Field(description="whose turn it is: office, citizen or none")
    days: int | None
    closed: bool


class Choice(Shown):
    """A coded answer."""

    id: str
    label: Words


class Question(Shown):
    """A question of the form; a field id may have several, one for each kind of case."""

    id: str
    type: str
    noun: Words
    choices: list[Choice]
    when: dict[str, list[str]]


class Service(Shown):
    """A service: form, papers, workflow. `routes` is the directorate by place code, `directorate` that of the rest."""

    id: str
    name: Words
    directorate: str
    routes: dict[str, str]
    promise: int = Field(description="working days told to the citizen")
    start: str
    roles: list[str]
    states: list[State]
    moves: list[Move]
    questions: list[Question]
    documents: list[Words]
    reasons: dict[str, Words]


class Catalogue(Shown):
    """Every service, and what their parameters may name. `content` changes whenever any of it does."""

    content: str
    services: list[Service]
    directorates: dict[str, Words]
    questions: dict[str, Words] = Field(description="coded questions to a citizen, for parameters of type question")
    roles: list[str]


def move(each: workflow.Move) -> Move:
    """A move as the API shows it."""
    return Move(
        action=each.action,
        source=each.source,
        to=each.to,
        by=each.by,
        params=[
            Param(id=param.id, type=param.type, required=param.required, form=describe(param)) for param in each.params
        ],
        label=each.label,
        when=each.when,
        came_from=each.came_from,
        times=each.max,
        within=each.within,
        asked_of=each.gather.of if each.gather else [],
    )


@operation.get("/services", Catalogue)
def list_services(caller: Caller) -> Reply:
    """Services with their states, moves, parameters, roles, papers and reasons, in both languages."""
    content = caller.runtime.content
    return ok(
        Catalogue(
            content=content.digest,
            services=[_service(content, each) for each in content.services.values()],
            directorates={name: each.name for name, each in content.directorates.items()},
            questions=dict(content.questions),
            roles=sorted({*desk.roles(content.services.values()), broadcasts.AUTHOR}),
        )
    )


def _service(content: menus.Content, each: menus.Service) -> Service:
    return Service(
        id=each.id,
        name=each.name,
        directorate=each.routing.default,
        routes=each.routing.by_place,
        promise=each.workflow.promise,
        start=each.workflow.start,
        roles=desk.roles([each]),
        states=[_state(content.states[name], name, use) for name, use in each.workflow.states.items()],
        moves=[move(one) for one in each.workflow.moves],
        questions=[Question.model_validate(question) for question in each.questions],
        documents=each.documents,
        reasons=each.reasons,
    )


def _state(kind: workflow.StateKind, name: str, use: workflow.StateUse) -> State:
    days = use.sla if kind.clock == "office" else use.limit
    return State(id=name, label=kind.label, clock=kind.clock, days=days, closed=kind.closed)
