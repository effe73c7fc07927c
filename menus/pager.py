"""A screen cut into pages that fit a budget: `8` leads on, `0` back, and numbers stay the same on every page.

Decides: where a page breaks: between options, else between words, never inside a letter with its marks. Must not know:
what a screen means, which operator asks.
"""

from collections.abc import Iterator, Sequence

from menus.gsm import Budget, clusters, is_gsm, utf16_units
from menus.state import Screen

MORE = "8"
BACK = "0"


def pages(screen: Screen, budget: Budget, more: str, back: str, notice: str = "") -> list[str]:
    """The texts of a screen's pages, each within `budget` when its longest option is; `more`, `back` are labels.

    Every option is on one page, whole; pages after the first repeat the prompt, or its first line, where it fits, and
    the `notice` above the prompt where both do.
    """
    if screen.end and not screen.options:
        return [screen.text]
    options = [f"{key} {label}" for key, label in screen.options if key != BACK]
    out = dict(screen.options).get(BACK, back if screen.back else None)
    foot = [] if out is None or screen.end else [f"{BACK} {out}"]
    above = [notice] if notice else []
    whole = "\n".join([*above, screen.text, *options, *foot])
    if screen.end or budget.fits(whole):
        return [whole]
    return _Cut(budget, f"{MORE} {more}", f"{BACK} {back}", foot, whole).of(screen.text, options, above)


class _Cut:
    """Page by page: all but the last end with `more`; the first with `out`, what `0` means there, others `back`."""

    def __init__(self, budget: Budget, more: str, back: str, out: list[str], whole: str) -> None:
        self._more, self._back, self._out = more, back, out
        self._is_within = budget.fits
        every = f"{whole}{more}{back}"
        if not is_gsm(more) and utf16_units(every) == len(every):  # all pages are UCS-2, one unit a character
            self._is_within = lambda text: len(text) <= budget.ucs2
        self._feet = "\n".join([more, *out]), f"{more}\n{back}"
        # Where a septet is worth half a unit, a text that fits has no piece that does not.
        self._fits_in_pieces = budget.septets >= 2 * budget.ucs2

    def of(self, text: str, options: list[str], above: Sequence[str] = ()) -> list[str]:
        """The pages of a text and its options; `above`: the notice over them, if there is one."""
        bodies: list[list[str]] = [[]]
        for line in self._lines("\n".join([*above, text])):
            if bodies[-1] and not self._fits(bodies, [*bodies[-1], line]):
                bodies.append([])
            bodies[-1].append(line)
        headed = len(bodies)
        for option in options:
            if bodies[-1] and not self._fits(bodies, [*bodies[-1], option]):
                bodies.append(self._heading(above, text, option))
            bodies[-1] = [*bodies[-1], option]
        self._adopt(bodies, headed, options)
        return [self._page(body, number, len(bodies)) for number, body in enumerate(bodies)]

    def _heading(self, above: Sequence[str], text: str, option: str) -> list[str]:
        """What a page of options begins with: the prompt, else its first line, else nothing; the notice gives way."""
        line = text.split("\n")[0]
        for heading in ([[*above, text], [*above, line]] if above else []) + [[text], [line]]:
            if self._fits([[], []], [*heading, option]):
                return heading
        return []

    def _adopt(self, bodies: list[list[str]], headed: int, options: list[str]) -> None:
        """A last option is not left alone on its page when the page before can spare one."""
        if len(bodies) < 2 or len(bodies) <= headed or len(options) < 3:
            return
        alone = sum(line in options for line in bodies[-1]) == 1
        spare = [line for line in bodies[-2] if line in options]
        if alone and len(spare) > 2 and self._fits(bodies, [*bodies[-1], spare[-1]]):
            bodies[-2] = bodies[-2][:-1]
            bodies[-1] = [*bodies[-1][:-1], spare[-1], bodies[-1][-1]]

    def _fits(self, bodies: list[list[str]], lines: list[str]) -> bool:
        return self._is_within("\n".join([*lines, self._feet[len(bodies) > 1]]))

    def _page(self, body: list[str], number: int, count: int) -> str:
        foot = ([self._more] if number + 1 < count else []) + ([self._back] if number else self._out)
        return "\n".join([*body, *foot])

    def _lines(self, text: str) -> Iterator[str]:
        """The lines of a text, each broken at words where it would not fit a page of its own."""
        for line in text.split("\n"):
            if self._fits_in_pieces and line[:1] != " " and self._alone(line):
                yield line
                continue
            current = ""
            for word in self._words(line):
                longer = f"{current} {word}" if current else word
                if current and not self._alone(longer):
                    yield current
                    longer = word
                current = longer
            yield current

    def _words(self, line: str) -> Iterator[str]:
        """The words of a line; one that fits no page is cut between letters."""
        for word in line.split(" "):
            if self._alone(word):
                yield word
                continue
            part = ""
            for cluster in clusters(word):
                if part and not self._alone(part + cluster):
                    yield part
                    part = ""
                part += cluster
            yield part

    def _alone(self, line: str) -> bool:
        return self._is_within(f"{line}\n{self._feet[1]}")
