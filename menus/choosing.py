"""The screens of the menus: numbered lines, and shortcuts dialled after the code.

Decides: what a menu shows and where its lines lead. Must not know: paging, wrong tries, the outside.
"""

from typing import Any

from menus import casework, filling, pin
from menus.content import Content
from menus.localized import LANGUAGES
from menus.menu import Item, Shortcut
from menus.pager import BACK
from menus.state import Effect, Screen, State, Turn


def show_menu(content: Content, state: State) -> Screen:
    """The lines of a menu, the same for everybody."""
    place = ("menu", state.menu, state.language)
    found = content.drawn.get(place)
    if found is None:
        menu = content.menus[state.menu]
        options = tuple((item.key, item.label[state.language]) for item in menu.items)
        found = Screen(menu.prompt[state.language], options, back=state.menu != "main", cut={})
        content.drawn[place] = found
    return found


def take_menu(content: Content, state: State, typed: str) -> Turn | None:
    """Where a key leads; in the main menu a shortcut too."""
    for item in content.menus[state.menu].items:
        if item.key == typed:
            return _lead(content, state, item)
    if typed == BACK:
        return Turn(state.to("menu", menu="main"))
    shortcut = content.shortcuts.get(typed) if state.menu == "main" else None
    return _lead(content, state, shortcut) if shortcut else None


def _lead(content: Content, state: State, target: Item | Shortcut) -> Turn:
    """Where a line of a menu, or a shortcut dialled after the code, leads."""
    if target.service:
        return filling.begin(content, state, target.service)
    if target.cases:
        return casework.begin(state, target.cases)
    if target.menu:
        return Turn(state.to("menu", menu=target.menu))
    if isinstance(target, Item) and target.pin:
        return pin.begin(state, target.pin)
    following = LANGUAGES[(LANGUAGES.index(state.language) + 1) % len(LANGUAGES)]
    return Turn(state.but(language=following), effect=Effect("language", {"language": following}))


def resume_language(content: Content, state: State, result: dict[str, Any]) -> Turn:
    """The menu in the language that was chosen."""
    return Turn(state.to("menu"))
