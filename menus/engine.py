"""A session as a pure function: (state, what was typed) -> (state, page to show | effect to perform).

Decides: which screen takes the input, paging, wrong tries, the end. Must not know: providers, Redis, SQL, the clock.
"""

from collections.abc import Callable, Mapping
from typing import Any

from menus import casework, choosing, correction, filling, pin, unfinished
from menus.content import Content
from menus.digits import ascii_digits
from menus.gsm import Budget
from menus.localized import fill
from menus.normalise import tidy
from menus.pager import BACK, MORE, pages
from menus.state import Effect, Screen, State, Turn, value

_WHOLE = Budget(septets=10_000, ucs2=10_000)
MAX_TRIES = 3
"""Wrong answers to one question before the session ends politely (services-domain §2.2)."""

LANGUAGE = "language"
"""The effect that a session shows whether or not it could be performed."""

_Show = Callable[[Content, State], Screen]
_Take = Callable[[Content, State, str], Turn | None]
_Resume = Callable[[Content, State, dict[str, Any]], Turn | None]


@value
class Reply:
    """What the phone gets: a page within its budget, and whether the session is over.

    For statistics: the screen's name, and whether it is shown again because the answer was not good.
    """

    text: str
    end: bool
    screen: str = ""
    wrong: bool = False


@value
class Step:
    """The result of one input: the reply, or the effect whose result `resume` needs."""

    state: State
    reply: Reply | None = None
    effect: Effect | None = None


def cleaned(typed: str) -> str:
    """An input as the engine takes it: digits in ASCII, nothing around it."""
    return ascii_digits(tidy(typed)).strip()


def start(content: Content, state: State, budget: Budget) -> Step:
    """The first screen of a session."""
    return _shown(content, state, budget)


def advance(content: Content, state: State, typed: str, budget: Budget) -> Step:
    """What `typed` (already folded to ASCII digits and stripped) does at `state`."""
    turned = _turn_page(content, state, typed, budget)
    if turned is not None:
        return _shown(content, turned, budget)
    return _settle(content, state, _SCREENS[state.at][1](content, state, typed), budget)


def resume(content: Content, state: State, effect: Effect, result: dict[str, Any], budget: Budget) -> Step:
    """Go on with an effect's result; None from a screen means: that answer was not good, ask again."""
    return _settle(content, state, _EFFECTS[effect.name](content, state, result), budget)


def unavailable(content: Content, state: State, budget: Budget) -> Step:
    """The outside could not be reached: say so and stand still, so that the same input may be tried again.

    On the first page, where a notice always is; its keys are those of every page.
    """
    return _shown(content, state.but(notice="unavailable", page=0, first=False), budget)


def layout(content: Content, state: State, budget: Budget) -> tuple[str, list[str], bool]:
    """(name, pages, whether its input is free) of the screen at `state`: what a checker measures.

    Free input is one page, too long for the budget where even the prompt with its choices is.
    """
    screen = _SCREENS[state.at][0](content, state)
    return screen.name or _name(state), _pages(content, state, screen, budget), screen.free


def _settle(content: Content, state: State, turn: Turn | None, budget: Budget) -> Step:
    if turn is None:
        return _wrong(content, state, budget)
    if turn.effect:
        return Step(turn.state, effect=turn.effect)
    return _shown(content, turn.state, budget, turn.screen)


def _wrong(content: Content, state: State, budget: Budget) -> Step:
    tries = state.tries + 1
    if tries >= MAX_TRIES:
        return _shown(content, state.to("end", action="too_many"), budget)
    return _shown(content, state.but(tries=tries, notice="retry", page=0, first=False), budget)


def _shown(content: Content, state: State, budget: Budget, screen: Screen | None = None) -> Step:
    screen = screen or _SCREENS[state.at][0](content, state)
    all_pages = _pages(content, state, screen, budget)
    text = all_pages[min(state.page, len(all_pages) - 1)]
    return Step(state, Reply(text, state.at == "end", screen.name or _name(state), state.tries > 0))


def _name(state: State) -> str:
    if state.at in ("menu", "end"):
        return f"{state.at} {state.menu if state.at == 'menu' else state.action}"
    return f"{state.service} {state.at}" if state.service else state.at


def _pages(content: Content, state: State, screen: Screen, budget: Budget) -> list[str]:
    room = budget.first if state.first and budget.first else budget
    if screen.cut is None:
        return _cut(content, state, screen, room)
    key = (room.septets, room.ucs2, state.notice, state.tries)
    found = screen.cut.get(key)
    if found is None:
        found = screen.cut[key] = _cut(content, state, screen, room)
    return found


def _cut(content: Content, state: State, screen: Screen, room: Budget) -> list[str]:
    words = content.ussd["more"][state.language], content.ussd["back"][state.language]
    notices = _notices(content, state)
    cut = pages(screen, room, *words, notices[0])
    if len(cut) == 1:
        return cut
    if screen.free:
        return _one_page(screen, room, words, notices)
    return min([cut, *(pages(screen, room, *words, notice) for notice in notices[1:])], key=len)


def _one_page(screen: Screen, room: Budget, words: tuple[str, str], notices: list[str]) -> list[str]:
    """No key can turn its page: what is above the prompt and below it gives way, the prompt and its choices never."""
    bare = screen.saying(screen.text.split("\n")[0])
    shorter = ((screen, notices[1:]), (bare, notices), (screen, [""]), (bare, [""]))
    for each, notice in ((each, notice) for each, above in shorter for notice in above):
        cut = pages(each, room, *words, notice)
        if len(cut) == 1:
            return cut
    return pages(bare, _WHOLE, *words)


def _notices(content: Content, state: State) -> list[str]:
    """What stands above the prompt, in full and in its approved short form; an empty one where nothing does."""
    if not state.notice:
        return [""]
    texts = [content.ussd[name] for name in (state.notice, f"{state.notice}_short") if name in content.ussd]
    return [fill(text[state.language], {"try": state.tries + 1, "tries": MAX_TRIES}) for text in texts]


def _turn_page(content: Content, state: State, typed: str, budget: Budget) -> State | None:
    """The state on another page, when `typed` turns one."""
    if typed == MORE:
        screen = _SCREENS[state.at][0](content, state)
        last = len(_pages(content, state, screen, budget)) - 1
        return state.but(page=state.page + 1) if state.page < last else None
    if typed == BACK and state.page:
        return state.but(page=state.page - 1)
    return None


# -- the end -----------------------------------------------------------------------------------------------------


def _show_end(content: Content, state: State) -> Screen:
    words = {key: said for key, said in state.case.items() if isinstance(said, str)}
    words["state"] = content.state_label(words.get("state", ""), state.language)
    return Screen(fill(content.ussd[state.action][state.language], words), end=True)


def _take_end(content: Content, state: State, typed: str) -> Turn | None:
    return Turn(state)


_SCREENS: Mapping[str, tuple[_Show, _Take]] = {
    "menu": (choosing.show_menu, choosing.take_menu),
    "form": (filling.show_form, filling.take_form),
    "review": (filling.show_review, filling.take_review),
    "correct": (correction.show_correct, correction.take_correct),
    "closed": (filling.show_closed, filling.take_closed),
    "resume": (unfinished.show_resume, unfinished.take_resume),
    "list": (casework.show_list, casework.take_list),
    "case": (pin.show_case, pin.take_case),
    "pin": (pin.show_pin, pin.take_pin),
    "confirm": (casework.show_confirm, casework.take_confirm),
    "rate": (casework.show_rate, casework.take_rate),
    "answer": (casework.show_answer, casework.take_answer),
    "papers": (casework.show_papers, casework.take_papers),
    "end": (_show_end, _take_end),
}

_EFFECTS: Mapping[str, _Resume] = {
    LANGUAGE: choosing.resume_language,
    "own_reference": filling.resume_own_reference,
    "submit": filling.resume_submit,
    "discard": unfinished.resume_discard,
    "pin_check": pin.resume_check,
    "pin_set": pin.resume_set,
    "pin_remove": pin.resume_remove,
    "pin_status": pin.resume_status,
    "cases": casework.resume_cases,
    "case": casework.resume_case,
    "act": casework.resume_act,
}
