"""A card with its texts in place, measured from its own corner.

Decides: the columns of a card and the height that its lines need. Must not know: where the card stands, wires.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from menus.graph.cards import Card, Row
from menus.graph.lettering import APART, LINE, Label, column, pair, together, width

PAD = 10
MARK = 10


@dataclass(frozen=True, slots=True)
class Columns:
    """Where who, what and goal begin, and where the last ends; the same for all cards of a drawing."""

    who: float
    what: float
    goal: float
    end: float

    @property
    def width(self) -> float:
        """Of a whole card."""
        return self.end + PAD


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the card with its texts, and the height at which it begins."""

    row: Row
    top: float
    labels: list[Label]

    @property
    def middle(self) -> float:
        """The height at which its wire goes out: beside its first line of text."""
        return self.top + LINE / 2


@dataclass(frozen=True, slots=True)
class Face:
    """A card's heading, `head` high, and below it the lines down to `height`."""

    card: Card
    heading: list[Label]
    head: float
    lines: list[Line]
    height: float


def columns(cards: Iterable[Card]) -> Columns:
    """As narrow as the texts allow."""
    rows = [row for card in cards for row in card.rows]
    makers = max((len(row.makers) for row in rows), default=0)
    who = PAD + MARK * makers + (4 if makers else 0)
    what = who + column([row.who for row in rows], "small", 150) + APART
    names = max((together(row.what, "name") for row in rows), default=0)
    goal = what + max(min(names, 320), *(column([row.what[n] for row in rows], "name", 320) for n in (0, 1))) + APART
    return Columns(who, what, goal, goal + max((width(row.goal, "goal") for row in rows), default=0))


def face(card: Card, at: Columns) -> Face:
    """The card as it will stand."""
    heading = pair(card.title, "title", PAD, at.end, 0)
    heading += pair(card.below, "small", PAD, at.end, _below(heading, LINE))
    top = head = _below(heading, 2 * LINE)
    lines: list[Line] = []
    for row in card.rows:
        lines.append(Line(row, top, _texts(row, at, top)))
        top = _below(lines[-1].labels, top + LINE)
    return Face(card, heading, head, lines, top)


def _texts(row: Row, at: Columns, top: float) -> list[Label]:
    """Who, what and goal beside each other; notes below the last two."""
    labels = pair(row.what, "name", at.what, at.goal - APART, top)
    labels += pair((row.goal, ""), "goal", at.goal, at.end, top)
    for note in row.notes:
        labels += pair(note, "small", at.what, at.end, _below(labels, top))
    return pair((row.who, ""), "small", at.who, at.what - APART, top) + labels


def _below(labels: list[Label], least: float) -> float:
    return max([least, *(label.top + LINE for label in labels)])
