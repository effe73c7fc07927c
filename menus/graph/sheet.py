"""The whole drawing with everything in its place: a heading, two columns of cards, the wires between them.

Decides: the places of the columns and of the heading. Must not know: what cards say, how anything is written down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from menus.graph.cards import Card, Column, Maker, Words
from menus.graph.faces import MARK, Columns, columns
from menus.graph.lettering import APART, LINE, Label, pair, together
from menus.graph.stacks import Placed, stacks
from menus.graph.wires import Wire, wires

MARGIN = 2 * LINE
LANE = 11
Mark = tuple[Maker, float, float]
"""A square of a maker's colour, and its corner."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawing's size, its heading with the colours' meaning, the cards and the wires."""

    width: float
    height: float
    heading: list[Label]
    marks: list[Mark]
    columns: Columns
    cards: list[Placed]
    wires: list[Wire]

    def left(self, column: Column) -> float:
        """The left edge of a column's cards."""
        return MARGIN if column == "main" else self.width - MARGIN - self.columns.width

    def edge(self, column: Column) -> float:
        """The edge of a column's cards that wires touch."""
        return self.left(column) + (self.columns.width if column == "main" else 0)

    def lane(self, wire: Wire) -> float:
        """Where a wire runs upright."""
        return self.edge("main") + 2 * LINE + wire.lane * LANE


def laid_out(title: Words, makers: Iterable[tuple[Maker, Words]], cards: Sequence[Card]) -> Sheet:
    """Everything in its place."""
    at = columns(cards)
    heading, marks = _heading(title, makers)
    placed = stacks(cards, at, MARGIN + 3 * LINE)
    found = wires(placed)
    channel = 4 * LINE + LANE * max((wire.lane for wire in found), default=0)
    bottom = max(each.top + each.face.height for each in placed)
    return Sheet(2 * (MARGIN + at.width) + channel, bottom + MARGIN, heading, marks, at, placed, found)


def _heading(title: Words, makers: Iterable[tuple[Maker, Words]]) -> tuple[list[Label], list[Mark]]:
    """The drawing's name, and what the colours mean."""
    x = MARGIN + together(title, "head")
    labels, marks = pair(title, "head", MARGIN, x, LINE), list[Mark]()
    for maker, words in makers:
        x += 2 * APART
        marks.append((maker, x, LINE + 4))
        labels += pair(words, "small", x + MARK + 4, (x := x + MARK + 4 + together(words, "small")), LINE)
    return labels, marks
