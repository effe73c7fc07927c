"""Everything that `config/` says, as one value: services, menus, texts, places, directorates, operators.

Decides: which pieces of content exist and how they refer to each other. Must not know: files, screens, the store.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pydantic import Field, field_validator

from menus.commands import Grammar
from menus.forms import Model, Question
from menus.governorate import Calendar, Directorate, District
from menus.gsm import Budget
from menus.localized import Localized
from menus.menu import Menu, Shortcut
from menus.notices import Notices, QuietHours
from menus.operators import Operator
from menus.route import Route
from menus.shared_moves import CommonMove
from menus.state import Screen
from menus.workflow import CITIZEN, StateKind, StateUse, Workflow


class Window(Model):
    """The days of the year on which a service takes applications, `MM-DD` to `MM-DD`, both included."""

    opens: str = Field(pattern=r"^\d\d-\d\d$")
    closes: str = Field(pattern=r"^\d\d-\d\d$")

    @field_validator("opens", "closes")
    @classmethod
    def _is_day(cls, day: str) -> str:
        try:
            date.fromisoformat(f"2028-{day}")  # a leap year
        except ValueError:
            raise ValueError(f"{day} is no day of the year, MM-DD") from None
        return day

    def is_open(self, today: date) -> bool:
        """Whether `today` lies inside; a window may run over the new year."""
        day = f"{today:%m-%d}"
        if self.opens <= self.closes:
            return self.opens <= day <= self.closes
        return day >= self.opens or day <= self.closes


class Haste(Model):
    """The office's time in one state of an urgent case: working days, or hours by day and night."""

    sla: int | None = Field(default=None, ge=1)
    hours: int | None = Field(default=None, ge=1)


class Urgent(Model):
    """When a case is urgent by its answers: another promise, other times in some states, and another receipt."""

    when: dict[str, list[str]]
    promise: int = Field(ge=1, description="working days")
    states: dict[str, Haste] = Field(default_factory=dict)
    text: str


class Routing(Model):
    """Which directorate gets the case: by place code, else the default."""

    default: str
    by_place: dict[str, str] = Field(default_factory=dict)

    def of(self, place: str | None) -> str:
        """Directorate id for a place code."""
        return self.by_place.get(place or "", self.default)


class Confidential(Model):
    """Whose phone is hidden: that of who answered `field` with one of `values`, from all roles but those of `to`."""

    field: str
    values: list[str]
    to: list[str]


class Service(Model):
    """One service: its form, its papers, and its life inside the directorates."""

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    name: Localized
    noun: Localized = Field(description="short name inside a sentence")
    routing: Routing
    questions: list[Question]
    documents: list[Localized]
    papers: Localized | None = Field(default=None, description="the documents in few words, for an SMS")
    reasons: dict[str, Localized] = Field(description="rejection code -> the reason, at most 20 characters")
    workflow: Workflow
    window: Window | None = None
    urgent: Urgent | None = None
    about_case: str | None = Field(default=None, description="the question that names the case this one is about")
    one_open: list[str] | None = Field(default=None, description="one open case per phone and these answers")
    confidential: Confidential | None = None

    def is_urgent(self, answers: Mapping[str, str]) -> bool:
        """Whether these answers make the case urgent."""
        return self.urgent is not None and all(answers.get(k, "") in v for k, v in self.urgent.when.items())

    def question(self, field: str, answers: Mapping[str, str]) -> Question | None:
        """The question behind a field id, the variant that its `when` picks first."""
        variants = [question for question in self.questions if question.id == field]
        fitting = [q for q in variants if all(answers.get(n, "") in v for n, v in q.when.items())]
        return next(iter(fitting or variants), None)

    def use(self, state: str) -> StateUse:
        """How this service uses a state of its workflow."""
        return self.workflow.states[state]


@dataclass(frozen=True, eq=False)
class Content:
    """All content, checked. `digest` names this version."""

    services: Mapping[str, Service]
    profile: tuple[Question, ...]
    menus: Mapping[str, Menu]
    shortcuts: Mapping[str, Shortcut]
    moved: Mapping[str, str]
    states: Mapping[str, StateKind]
    questions: Mapping[str, Localized]
    ussd: Mapping[str, Localized]
    sms: Mapping[str, Localized]
    districts: tuple[District, ...]
    directorates: Mapping[str, Directorate]
    calendar: Calendar
    operators: tuple[Operator, ...]
    grammar: Grammar
    notices: Notices
    digest: str
    quiet: QuietHours | None = None
    shared: tuple[CommonMove, ...] = ()
    """The moves of every service, as `workflow.yaml` has them."""

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        """Service -> its questions, the profile's first."""
        return {name: Route(self.profile, service.questions) for name, service in self.services.items()}

    @cached_property
    def drawn(self) -> dict[tuple[str | int, ...], Screen]:
        """The screens that are the same for everybody, by place and language, as they were drawn first.

        Few: as many as the content has menus and questions. They go with it.
        """
        return {}

    @cached_property
    def complaints(self) -> Service | None:
        """The service that takes a message about a case of another."""
        return next((service for service in self.services.values() if service.about_case), None)

    @cached_property
    def waiting_states(self) -> tuple[str, ...]:
        """The states in which an office waits for a citizen who can answer by phone."""
        return tuple(
            sorted(s for s in self.states if any(_waits(self, service, s) for service in self.services.values()))
        )

    def budget(self, network: str | None) -> Budget:
        """The screen of a network code; the first operator of the file is the default."""
        return self._budgets.get(network or "", self.operators[0].budget)

    @cached_property
    def _budgets(self) -> Mapping[str, Budget]:
        found: dict[str, Budget] = {}
        for operator in self.operators:
            for network in filter(None, operator.networks):
                found.setdefault(network, operator.budget)
        return found

    def papers(self, service: Service, state: str) -> list[Localized]:
        """The papers that a citizen can read on the screen while a case is in this state."""
        shown = state in service.workflow.states and (self.states[state].papers or service.use(state).papers)
        return service.documents if shown else []

    @cached_property
    def place_codes(self) -> frozenset[str]:
        """Every district, which is its centre too, and every sub-district."""
        return frozenset(code for district in self.districts for code in (district.code, *district.subdistricts))

    def place_name(self, code: str | None, language: str) -> str:
        """A place code in words; an unknown code is shown as it is."""
        found = self._place_names.get(code or "")
        return found[language] if found else code or ""

    @cached_property
    def _place_names(self) -> Mapping[str, Localized]:
        found: dict[str, Localized] = {}
        for district in self.districts:
            for code, name in ((district.code, district.short), *district.subdistricts.items()):
                found.setdefault(code, name)
        return found

    def office(self, directorate: str, language: str) -> str:
        """The short name of a directorate, for texts."""
        found = self.directorates.get(directorate)
        return found.short[language] if found else directorate

    def state_label(self, state: str, language: str) -> str:
        """The citizen's word for a state."""
        found = self.states.get(state)
        return found.label[language] if found else state


def _waits(content: Content, service: Service, state: str) -> bool:
    kind = content.states[state]
    if kind.closed or kind.clock != "citizen":
        return False
    moves = (move for move in service.workflow.moves if state in move.source and CITIZEN in move.by and move.label)
    return any(move.reply or move.answers for move in moves)
