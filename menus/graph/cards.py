"""What a drawing says, before anything has a place: cards, and on each its lines.

Decides: what a line of a card can say and where it can lead. Must not know: services, menus, where anything stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Words = tuple[str, str]
"""A text in English and in Arabic; either may be empty."""
Maker = Literal["citizen", "office", "system"]
"""Whose colour a line has."""
Column = Literal["main", "aside"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: who does what, where that leads in words (`goal`), and the cards a wire is drawn to.

    `back`: the wire leads to one of `to`, whichever the case came from. `stays`: it leads nowhere else.
    """

    who: str
    what: Words
    goal: str
    makers: tuple[Maker, ...] = ()
    to: tuple[str, ...] = ()
    back: bool = False
    stays: bool = False
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A state, a menu or a form: its heading, and its lines. `kind` chooses the colour."""

    id: str
    title: Words
    below: Words
    kind: str
    column: Column
    rows: tuple[Row, ...]


def joined(words: Iterable[Words]) -> Words:
    """Each text once, with commas."""
    pairs = list(words)
    english, arabic = (dict.fromkeys(pair[n] for pair in pairs if pair[n]) for n in (0, 1))
    return ", ".join(english), "، ".join(arabic)
