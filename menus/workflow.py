"""The life of an application as data: states, clocks, and the moves that exist.

Decides: what a workflow may say and which move answers a request. Must not know: the store, officers, time.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    entry: bool = Field(default=False, description="a case may begin here beside the start of its workflow")


class StateUse(Model):
    """How one service uses a state. `sla` in working days (office's turn), `limit` in days (citizen's turn)."""

    sla: int | None = Field(default=None, ge=1)
    limit: int | None = Field(default=None, ge=1)
    remind: int | None = Field(default=None, ge=0, description="days to the reminder; 0: none; default: half the limit")
    after: str | None = Field(default=None, description="the clock starts on this day: a detail or a named day")
    until: str | None = Field(default=None, description="the limit ends before this day: a detail")
    text: str | None = None


ParamType = Literal[
    "day", "due", "hour", "integer", "amount", "code", "note", "words", "rating", "reason", "question", "directorate",
    "reference",
]  # fmt: skip


class Param(Model):
    """What an officer gives with a move; it fills the SMS and stays in the case's details."""

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    type: ParamType
    required: bool = True


class Gather(Model):
    """A step that several directorates answer in parallel; the last answer makes the move `then`."""

    of: list[str]
    then: str


class Move(Model):
    """One transition. `max`: times per case; `within`: days since the state was entered; `turn`: whose clock starts.

    `reply` is the digit by which a citizen makes it. Who submitted a case makes no move that `decides` it.
    """

    action: str = Field(pattern=r"^[a-z][a-z_]*$")
    source: list[str] = Field(alias="from")
    to: str
    by: list[str]
    params: list[Param] = Field(default_factory=list)
    when: dict[str, list[str]] = Field(default_factory=dict)
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
    gather: Gather | None = None


class CommonMove(Model):
    """A move that every service has: besides `move.from`, its sources are all states of `clock` up to `before`."""

    move: Move
    clock: Literal["office", "citizen", "open"] | None = None
    before: str | None = None


class Workflow(Model):
    """One service's life. `promise`: whole-case working days told to the citizen."""

    start: str
    promise: int = Field(ge=1)
    states: dict[str, StateUse]
    moves: list[Move]

    def moves_from(self, state: str, answers: Mapping[str, str]) -> Iterator[Move]:
        """The moves that leave `state` for a case with these answers."""
        return (move for move in self.moves if state in move.source and meets(move, answers))

    def find(self, state: str, action: str, answers: Mapping[str, str]) -> Move | None:
        """The move named `action` out of `state`, or None."""
        return next((move for move in self.moves_from(state, answers) if move.action == action), None)

    def by_citizen(self, state: str, answers: Mapping[str, str]) -> list[Move]:
        """What the citizen may do in `state`, those with a reply digit first."""
        moves = [move for move in self.moves_from(state, answers) if CITIZEN in move.by and move.label]
        return sorted(moves, key=lambda move: move.reply or "~")


def meets(move: Move, answers: Mapping[str, str]) -> bool:
    """Whether the case's answers let this move apply."""
    return all(answers.get(name, "") in values for name, values in move.when.items())


def expand(
    common: Sequence[CommonMove], kinds: Mapping[str, StateKind], states: Mapping[str, StateUse], own: Sequence[Move]
) -> list[Move]:
    """A service's moves: its `own`, then the common ones; in each state the first of a name is the only one."""
    taken = {(move.action, source) for move in own for source in move.source}
    found = list(own)
    for each in common:
        move = _expand(each, kinds, states, taken)
        if move is not None:
            found.append(move)
            taken |= {(move.action, source) for source in move.source}
    return found


def _expand(
    each: CommonMove, kinds: Mapping[str, StateKind], states: Mapping[str, StateUse], taken: set[tuple[str, str]]
) -> Move | None:
    move = each.move
    chosen = [name for name in states if name in move.source or _chosen(each, kinds[name], kinds)]
    sources = [name for name in chosen if name != move.to and (move.action, name) not in taken]
    target_exists = move.to in (ORIGIN, SAME) or move.to in states
    return move.model_copy(update={"source": sources}) if sources and target_exists else None


def _chosen(each: CommonMove, kind: StateKind, kinds: Mapping[str, StateKind]) -> bool:
    if each.clock is None or kind.closed:
        return False
    return each.clock in ("open", kind.clock) and (each.before is None or kind.rank < kinds[each.before].rank)
