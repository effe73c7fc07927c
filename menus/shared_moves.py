"""The moves that every service has, as one service has them.

Decides: out of which of a service's states a shared move leads, and that a service's own move of the name goes before
it. Must not know: files, the store, what a move does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

from menus.forms import Model
from menus.workflow import CITIZEN, ORIGIN, SAME, SYSTEM, Move, StateKind, StateUse
from menus.yaml_source import Where

STEP = "STEP"
"""In place of a shared move's roles: the officers of the step that the case is at."""


class CommonMove(Model):
    """A move that every service has: besides `move.from`, its sources are all states of `clock` up to `before`."""

    move: Move
    clock: Literal["office", "citizen", "open"] | None = None
    before: str | None = None


def unknown(common: Sequence[CommonMove], states: Collection[str]) -> Iterator[tuple[Where, str]]:
    """The states that shared moves name and that are none of `states`, as (where in workflow.yaml, state)."""
    for number, each in enumerate(common):
        named = [(("move", "from"), state) for state in each.move.source]
        named += [(("move", "came_from"), state) for state in each.move.came_from]
        named += [(("move", "to"), each.move.to)] if each.move.to not in (ORIGIN, SAME) else []
        where = ("moves", number)
        if each.before and each.before not in states:
            yield (*where, "before"), each.before
        yield from (((*where, *part), state) for part, state in named if state not in states)


def expand(
    common: Sequence[CommonMove], kinds: Mapping[str, StateKind], states: Mapping[str, StateUse], own: Sequence[Move]
) -> list[Move]:
    """A service's moves: its `own`, then the common ones; in each state the first of a name is the only one."""
    taken = {(move.action, source) for move in own for source in move.source}
    every = (*own, *(each.move for each in common))
    detours = {source for move in every if move.to == ORIGIN for source in move.source}
    steps = [*own, *(_left(each.move, taken) for each in common if each.clock is None and each.move.to != SAME)]
    found = list(own)
    for each in common:
        if each.move.to not in (ORIGIN, SAME, *states):
            continue
        sources = [name for name in _sources(each, kinds, states) if (each.move.action, name) not in taken]
        for move in _moves(each, kinds, states, sources, detours):
            found += _by_step(move, steps) if move.by == [STEP] else [move]
        taken |= {(each.move.action, source) for source in sources}
    return found


def _left(move: Move, taken: set[tuple[str, str]]) -> Move:
    """A shared move out of the states in which the service has none of its own by that name."""
    return move.model_copy(update={"source": [name for name in move.source if (move.action, name) not in taken]})


def _sources(each: CommonMove, kinds: Mapping[str, StateKind], states: Mapping[str, StateUse]) -> list[str]:
    chosen = [name for name in states if name in each.move.source or _chosen(each, kinds[name], kinds)]
    return [name for name in chosen if name != each.move.to]


def _chosen(each: CommonMove, kind: StateKind, kinds: Mapping[str, StateKind]) -> bool:
    if each.clock is None or kind.closed:
        return False
    return each.clock in ("open", kind.clock) and (each.before is None or kind.rank < kinds[each.before].rank)


def _moves(
    each: CommonMove,
    kinds: Mapping[str, StateKind],
    states: Mapping[str, StateUse],
    sources: list[str],
    detours: set[str],
) -> Iterator[Move]:
    """The move as this service has it. Out of a detour, `before` is meant of the state that the case came from."""
    move, before = each.move, each.before
    apart = [name for name in sources if before and name in detours]
    direct = [name for name in sources if name not in apart]
    came_from = [name for name in move.came_from if name in states]
    if direct and (came_from or not move.came_from):
        yield move.model_copy(update={"source": direct, "came_from": came_from})
    if apart and before:
        early = [name for name in states if kinds[name].clock == "office" and kinds[name].rank < kinds[before].rank]
        yield move.model_copy(update={"source": apart, "came_from": early})


def _by_step(move: Move, steps: Sequence[Move]) -> Iterator[Move]:
    """One move a state, for those who have the case on from there; who only stands in for a citizen does not."""
    for source in move.source:
        onward = [step.by for step in steps if source in step.source and CITIZEN not in step.by]
        roles = {role for by in onward for role in by} - {SYSTEM}
        if roles:
            yield move.model_copy(update={"source": [source], "by": sorted(roles)})
