"""How much room a text takes, and the labels that hold it.

Decides: the width that a text surely fits in, whatever sans-serif face the reader's machine has, and where lines break.
Must not know: what the texts say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from unicodedata import bidirectional

from menus.graph.cards import Words

LINE = 16
"""Pixels from one line of text to the next, and the grid that everything stands on."""
APART = 14
_BROAD = {"سشصض": 1.25, "بتثفكى": 1.0}
"""Arabic letters that are broader than most, in ems, where a word ends in them."""
STYLES = {"title": (12, 1.1), "name": (12, 1.0), "goal": (11, 1.1), "small": (10, 1.0), "head": (17, 1.1)}
"""Style -> pixels, and how much wider than regular its letters are."""


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text in its box: the left edge, the top, and its room. Arabic ends at the box's right edge."""

    left: float
    top: float
    width: float
    text: str
    style: str
    arabic: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + LINE


def width(text: str, style: str) -> int:
    """Pixels, as wide as in the widest of the usual faces (DejaVu Sans)."""
    size, weight = STYLES[style]
    return ceil(sum(map(_em, text)) * size * weight)


def _em(letter: str) -> float:
    if letter in " .,:;()'|،":
        return 0.4
    if bidirectional(letter) == "AL":
        return next((room for letters, room in _BROAD.items() if letter in letters), 0.62)
    return 0.8 if letter.isupper() or letter in "→mw%" else 0.64


def together(words: Words, style: str) -> float:
    """The width of both languages on one line."""
    room = sum(width(text, style) for text in words)
    return room + APART if all(words) else room


def broken(text: str, style: str, room: float) -> list[str]:
    """The lines of `text` in `room` pixels, broken at spaces; a word that is wider has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", style) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def column(texts: Sequence[str], style: str, most: float) -> float:
    """The width of a column that takes these texts: at most `most`, if no single word is wider."""
    words = max((width(word, style) for text in texts for word in text.split()), default=0)
    return max(words, min(most, max((width(text, style) for text in texts), default=0)))


def pair(words: Words, style: str, left: float, right: float, top: float) -> list[Label]:
    """English at the left and Arabic at the right: on one line if both fit there, else one below the other."""
    lines = [words] if together(words, style) <= right - left else _stacked(words, style, right - left)
    return [label for row, each in enumerate(lines) for label in _line(each, style, left, right, top + row * LINE)]


def _stacked(words: Words, style: str, room: float) -> list[Words]:
    english, arabic = (broken(each, style, room) for each in words)
    return [*((each, "") for each in english), *(("", each) for each in arabic)]


def _line(words: Words, style: str, left: float, right: float, top: float) -> Iterator[Label]:
    english, arabic = words
    if english:
        yield Label(left, top, width(english, style), english, style)
    if arabic:
        yield Label(right - width(arabic, style), top, width(arabic, style), arabic, style, arabic=True)
