"""The wires in the channel between the two columns: one for each card that lines lead to, upright, in a lane.

Decides: which lines share a wire, and its lane. Must not know: what lines say, colours, where the channel is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from menus.graph.cards import Column
from menus.graph.stacks import Placed

End = tuple[Column, float]
"""The side of the channel, and the height there."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Where it comes from and leads to. `back`: to one of several cards, the one that the case came from."""

    to: tuple[str, ...]
    back: bool
    leaves: tuple[End, ...]
    enters: tuple[End, ...]
    lane: int = 0

    @property
    def span(self) -> tuple[float, float]:
        """Its top and bottom."""
        heights = [height for _, height in (*self.leaves, *self.enters)]
        return min(heights), max(heights)


def wires(placed: Sequence[Placed]) -> list[Wire]:
    """Every line that leads to a card is on the wire to it."""
    gathered: dict[tuple[tuple[str, ...], bool], list[End]] = {}
    for each in placed:
        for line in (line for line in each.face.lines if line.row.to):
            gathered.setdefault((line.row.to, line.row.back), []).append((each.column, each.top + line.middle))
    cards = {each.face.card.id: each for each in placed}
    found = [
        Wire(to, back, tuple(leaves), tuple(_entry(cards[name], back) for name in to))
        for (to, back), leaves in gathered.items()
    ]
    return _in_lanes(found)


def _entry(card: Placed, back: bool) -> End:
    return card.column, card.detour if back else card.entry


def _in_lanes(found: Sequence[Wire]) -> list[Wire]:
    """Short ones next to the column that they lead to; two in one lane never meet."""
    lanes: list[list[Wire]] = []
    for wire in sorted(found, key=_length):
        number = next((n for n, lane in enumerate(lanes) if not any(_meet(wire, other) for other in lane)), len(lanes))
        if number == len(lanes):
            lanes.append([])
        lanes[number].append(replace(wire, lane=number))
    return [wire for lane in lanes for wire in lane]


def _length(wire: Wire) -> tuple[bool, float]:
    top, bottom = wire.span
    return wire.enters[0][0] == "aside", bottom - top


def _meet(one: Wire, other: Wire) -> bool:
    (top, bottom), (over, under) = one.span, other.span
    return top <= under + 8 and over <= bottom + 8
