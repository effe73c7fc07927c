"""That menus, shortcuts and keywords lead somewhere that exists, and that every menu can be reached.

Decides: which of them are refused at boot. Must not know: services' forms, screens' sizes.
"""

import re
from collections.abc import Iterator

from menus import pin
from menus.content import Content
from menus.menu import Menu
from menus.yaml_source import Fault

FILE = "menus.yaml"
MAIN = "main"


def check(content: Content) -> Iterator[Fault]:
    """Every fault."""
    yield from _menus(content)
    yield from _shortcuts(content)
    for intent, (kind, name) in content.grammar.opens.items():
        if name not in (content.services if kind == "service" else content.menus):
            yield "keywords.yaml", ("intents", intent, "opens"), f"there is no {kind} {name}"


def reached(content: Content) -> set[str]:
    """The menus to which lines and shortcuts lead from the code."""
    found: set[str] = set()
    fresh = {MAIN, *(target.menu for target in content.shortcuts.values() if target.menu)}
    while fresh:
        found |= fresh
        fresh = {item.menu for name in fresh for item in _of(content, name).items if item.menu} - found
    return found


def _of(content: Content, name: str) -> Menu:
    return content.menus.get(name) or Menu(prompt={"ar": name, "en": name}, items=[])


def _menus(content: Content) -> Iterator[Fault]:
    if MAIN not in content.menus:
        yield FILE, ("menus",), "there is no menu main"
    for name, menu in content.menus.items():
        for number, item in enumerate(menu.items):
            where = ("menus", name, "items", number)
            targets = [item.service, item.menu, item.cases, item.language, item.pin]
            if sum(target is not None for target in targets) != 1:
                yield FILE, where, "an item has one of service, menu, cases, language, pin"
            if item.service and item.service not in content.services:
                yield FILE, where, f"there is no service {item.service}"
            if item.menu and item.menu not in content.menus:
                yield FILE, where, f"there is no menu {item.menu}"
            if item.cases and item.cases != "all" and item.cases not in content.services:
                yield FILE, where, f"there is no service {item.cases}"
            if item.pin and pin.MENU not in content.menus:
                yield FILE, where, f"back from a PIN leads to the menu {pin.MENU}, which does not exist"
    for name in sorted(set(content.menus) - reached(content)):
        yield FILE, ("menus", name), "no item leads to this menu, from main or from a shortcut on"


def _shortcuts(content: Content) -> Iterator[Fault]:
    """A shortcut is a name: no menu key, no key of a pager, and it leads somewhere that exists."""
    for name, target in content.shortcuts.items():
        where = ("shortcuts", name)
        if not re.fullmatch(r"[1-9][0-9]{1,3}", name) or name == "98":
            yield FILE, where, "a shortcut has two to four digits, the first no 0, and is not 98"
        if sum(each is not None for each in (target.service, target.menu, target.cases)) != 1:
            yield FILE, where, "a shortcut has one of service, menu, cases"
        if target.menu and target.menu not in content.menus:
            yield FILE, where, f"there is no menu {target.menu}"
        for service in (target.service, target.cases):
            if service and service != "all" and service not in content.services:
                yield FILE, where, f"there is no service {service}"
