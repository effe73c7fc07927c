"""A screen cut into pages that fit a budget: `8` leads on, `0` back, and numbers stay the same on every page.

Decides: where a page breaks. Must not know: what a screen means, which operator asks.
"""

from collections.abc import Iterator

from menus.gsm import Budget
from menus.state import Screen

MORE = "8"
BACK = "0"


def pages(screen: Screen, budget: Budget, more: str, back: str) -> list[str]:
    """The texts of a screen's pages, each within `budget` when its longest line is; `more` and `back` are labels."""
    options = [f"{key} {label}" for key, label in screen.options]
    foot = [f"{BACK} {back}"] if screen.back and not screen.end else []
    whole = "\n".join([screen.text, *options, *foot])
    if budget.fits(whole) or screen.end:
        return [whole]
    return _cut(screen.text, options, budget, f"{MORE} {more}", f"{BACK} {back}", bool(foot))


def _cut(text: str, options: list[str], budget: Budget, more: str, back: str, has_back: bool) -> list[str]:
    """Page by page: every page but the last ends with `more`; every page but a rootless first with `back`."""
    bodies: list[list[str]] = [[]]

    def fits(lines: list[str]) -> bool:
        foot = [more] + ([back] if has_back or len(bodies) > 1 else [])
        return budget.fits("\n".join([*lines, *foot]))

    prompt = [text]
    for line in _lines(text, budget, [more, back]):
        if bodies[-1] and not fits([*bodies[-1], line]):
            bodies.append([])
        bodies[-1].append(line)
    for option in options:
        if bodies[-1] and not fits([*bodies[-1], option]):
            bodies.append(prompt if fits([*prompt, option]) else [])
        bodies[-1] = [*bodies[-1], option]
    return [_page(body, number, len(bodies), more, back, has_back) for number, body in enumerate(bodies)]


def _page(body: list[str], number: int, count: int, more: str, back: str, has_back: bool) -> str:
    foot = ([more] if number + 1 < count else []) + ([back] if has_back or number else [])
    return "\n".join([*body, *foot])


def _lines(text: str, budget: Budget, foot: list[str]) -> Iterator[str]:
    """The lines of a text, each broken at words where it would not fit a page of its own."""
    for line in text.split("\n"):
        current = ""
        for word in line.split(" "):
            longer = f"{current} {word}" if current else word
            if current and not budget.fits("\n".join([longer, *foot])):
                yield current
                longer = word
            current = longer
        yield current
