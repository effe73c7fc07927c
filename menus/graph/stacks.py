"""Cards one below the other in two columns.

Decides: how far down each card stands. Must not know: what cards say, wires, the columns' places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from menus.graph.cards import Card, Column
from menus.graph.faces import Columns, Face, face
from menus.graph.lettering import LINE

LOWER = LINE / 4
"""The right column stands so much lower: no wire from there runs on one from the left."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A card's face, its column, and its top."""

    face: Face
    column: Column
    top: float

    @property
    def entry(self) -> float:
        """The height at which wires come in."""
        return self.top + LINE

    @property
    def detour(self) -> float:
        """The height at which wires come in that lead back."""
        return self.top + LINE * 1.5


def stacks(cards: Sequence[Card], at: Columns, top: float) -> list[Placed]:
    """Both columns, the shorter one with wider gaps."""
    left, right = ([face(card, at) for card in cards if card.column == each] for each in ("main", "aside"))
    height = max(_height(left), _height(right))
    return [*_column(left, "main", top, height), *_column(right, "aside", top + LOWER, height)]


def _height(faces: Sequence[Face]) -> float:
    return sum(each.height for each in faces) + 2 * LINE * (len(faces) - 1)


def _column(faces: Sequence[Face], column: Column, top: float, height: float) -> Iterator[Placed]:
    """Gaps are whole lines: everything stands on one grid."""
    spare = (height - _height(faces)) // max(1, len(faces) - 1) // LINE * LINE
    for each in faces:
        yield Placed(each, column, top)
        top += each.height + 2 * LINE + min(spare, 12 * LINE)
