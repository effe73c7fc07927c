"""The life of an application as data: states, clocks, and the moves that exist.

Decides: what a workflow may say and which move answers a request. Must not know: the store, officers, time.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from pydantic import Field

from menus.forms import Model
from menus.localized import Localized

CITIZEN = "CITIZEN"
SYSTEM = "SYSTEM"
ORIGIN = "origin"
"""`to: origin` returns to the state the case came from (services-domain §2.2, INFO_REQUIRED)."""
SAME = "same"
"""`to: same` keeps the state: something is recorded and told, the case stays where it is."""

Clock = Literal["office", "citizen", "none"]


class StateKind(Model):
    """A state as every service uses it: the citizen's word, whose turn it is, the SMS that announces it."""

    label: Localized
    clock: Clock
    text: str
    rank: int = Field(description="order of progress: common moves say 'before this state'")
    closed: bool = False
    apart: bool = Field(default=False, description="the case's own clock stands still here, as in an objection")
    papers: bool = Field(default=False, description="the citizen can read on the screen which papers to bring")
    entry: bool = Field(default=False, description="a case may begin here beside the start of its workflow")


class Pace(Model):
    """The office's working days for cases with these answers."""

    when: dict[str, list[str]]
    sla: int = Field(ge=1)


class StateUse(Model):
    """How one service uses a state. `sla` in working days (office's turn), `limit` in days (citizen's turn)."""

    sla: int | None = Field(default=None, ge=1)
    paces: list[Pace] = Field(default_factory=list, description="other times for some cases; the first that fits")
    limit: int | None = Field(default=None, ge=1)
    remind: int | None = Field(default=None, ge=0, description="days to the reminder; 0: none; default: half the limit")
    after: str | None = Field(default=None, description="the clock starts on this day: a detail or a named day")
    papers: bool = Field(default=False, description="as that of the state, for this service alone")
    until: str | None = Field(default=None, description="the limit ends before this day: a detail")
    text: str | None = None

    def days(self, answers: Mapping[str, str]) -> int | None:
        """The office's working days for a case with these answers."""
        fitting = (p.sla for p in self.paces if all(answers.get(n, "") in values for n, values in p.when.items()))
        return next(fitting, self.sla)


ParamType = Literal[
    "day", "due", "hour", "integer", "amount", "code", "note", "words", "rating", "reason", "question", "answer",
    "directorate", "reference",
]  # fmt: skip


BOUNDS: Mapping[ParamType, tuple[int, int]] = {
    "hour": (7, 15), "integer": (0, 10**9), "amount": (1, 10**9), "rating": (1, 5),
}  # fmt: skip
"""Numbers that make sense where a parameter says nothing else: office hours, money that is owed."""


class Param(Model):
    """What an officer gives with a move; it fills the SMS and stays in the case's details.

    One that may be left out takes its older value away when it is, unless it `stays`.
    """

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    type: ParamType
    required: bool = True
    stays: bool = Field(default=False, description="left out, the value of an earlier move goes on holding")
    low: int | None = Field(default=None, description="least number; default: menus/workflow.py BOUNDS")
    high: int | None = None
    working: bool = Field(default=False, description="a day on which offices work")
    elsewhere: bool = Field(default=False, description="a directorate other than the one that holds the case")

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest number it takes."""
        low, high = BOUNDS[self.type]
        return (low if self.low is None else self.low, high if self.high is None else self.high)


class Gather(Model):
    """A step that several directorates answer in parallel; the last answer makes the move `then`."""

    of: list[str]
    then: str


class Move(Model):
    """One transition. `max`: times per case; `within`: days since the state was entered; `turn`: whose clock starts.

    `reply` is the digit by which a citizen makes it. Who submitted a case makes no move that `decides` it. `came_from`:
    only for cases that came into the state from one of these, questions asked in between left out.
    """

    action: str = Field(pattern=r"^[a-z][a-z_]*$")
    source: list[str] = Field(alias="from")
    to: str
    by: list[str]
    params: list[Param] = Field(default_factory=list)
    when: dict[str, list[str]] = Field(default_factory=dict, description="field -> values; an unknown answer fits")
    came_from: list[str] = Field(default_factory=list)
    instead_of: str | None = Field(default=None, description="the system makes it in place of its move of this name")
    text: str | None = None
    label: Localized | None = None
    reply: str | None = Field(default=None, pattern=r"^[1-79]$")
    confirm: bool = False
    max: int | None = None
    within: int | None = Field(default=None, ge=1)
    in_time: bool = Field(default=False, description="only while the state is not late")
    turn: Literal["office", "citizen"] | None = None
    raises: bool = Field(default=False, description="one level up: supervisor, director, governor's follow-up office")
    decides: bool = False
    intake: bool = Field(default=False, description="back to the office that takes such cases in")
    gather: Gather | None = None

    @property
    def answers(self) -> bool:
        """Whether it answers a question of the office's."""
        return any(param.type == "answer" for param in self.params)


class Workflow(Model):
    """One service's life. `promise`: whole-case working days told to the citizen."""

    start: str
    promise: int = Field(ge=1)
    states: dict[str, StateUse]
    moves: list[Move]

    @cached_property
    def detours(self) -> frozenset[str]:
        """States that lead back to where the case was: a question, and its answer."""
        return frozenset(source for move in self.moves if move.to == ORIGIN for source in move.source)

    def moves_from(self, state: str, answers: Mapping[str, str], came_from: str | None = None) -> Iterator[Move]:
        """The moves that leave `state` for a case with these answers; `came_from` None: not known, so any fits."""
        here = (move for move in self.moves if state in move.source)
        return (move for move in here if meets(move, answers) and suits(move, came_from))

    def find(self, state: str, action: str, answers: Mapping[str, str], came_from: str | None = None) -> Move | None:
        """The move named `action` out of `state`, or None."""
        able = self.moves_from(state, answers, came_from)
        return next((move for move in able if move.action == action), None)

    def by_system(self, state: str, action: str, answers: Mapping[str, str], came_from: str | None) -> Move | None:
        """What the system does where its `action` is due: the move that stands in for it here, or the one itself."""
        able = [move for move in self.moves_from(state, answers, came_from) if SYSTEM in move.by]
        instead = (move for move in able if move.instead_of == action and came_from in move.came_from)
        return next(instead, next((move for move in able if move.action == action), None))

    def by_citizen(self, state: str, answers: Mapping[str, str]) -> list[Move]:
        """What the citizen may do in `state`, those with a reply digit first."""
        moves = [move for move in self.moves_from(state, answers) if CITIZEN in move.by and move.label]
        return sorted(moves, key=lambda move: move.reply or "~")


def meets(move: Move, answers: Mapping[str, str]) -> bool:
    """Whether the case's answers let this move apply; another system may have left an answer out."""
    return all(name not in answers or answers[name] in values for name, values in move.when.items())


def suits(move: Move, came_from: str | None) -> bool:
    """Whether the state before lets this move apply."""
    return not move.came_from or came_from is None or came_from in move.came_from
