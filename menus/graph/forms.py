"""The menus and the services' forms as cards: each line of a menu, and what each service asks.

Decides: what the drawing of the menu says about a line and a form. Must not know: where anything stands.
"""

from collections.abc import Iterator

from menus.content import Content, Service
from menus.graph.cards import Card, Row
from menus.menu import Item, Menu

_ELSEWHERE = ("cases", "language", "pin")
"""Targets of a menu's line that have no card: the drawing says their name."""


def cards(content: Content) -> list[Card]:
    """The menus, and beside them the services in the order in which the menus have them."""
    menus = [_menu(content, name, menu) for name, menu in content.menus.items()]
    order = [item.service for menu in content.menus.values() for item in menu.items]
    services = sorted(content.services.values(), key=lambda each: order.index(each.id) if each.id in order else 99)
    return menus + [_form(content, service) for service in services]


def _menu(content: Content, name: str, menu: Menu) -> Card:
    rows = tuple(_line(content, item) for item in menu.items)
    title = (menu.prompt["en"], menu.prompt["ar"])
    return Card(_menu_id(name), title, (_dialled(content, menu=name), ""), "citizen", "main", rows)


def _menu_id(name: str) -> str:
    return f"menu {name}"


def _line(content: Content, item: Item) -> Row:
    """A line leads to a card, or to what has no card, which is said in words."""
    what = (item.label["en"], item.label["ar"])
    if target := item.service or (item.menu and _menu_id(item.menu)):
        return Row(item.key, what, f"→ {item.service or item.menu}", to=(target,))
    kind, value = next((each, getattr(item, each)) for each in _ELSEWHERE if getattr(item, each))
    codes = _dialled(content, cases=value) if kind == "cases" else ""
    return Row(item.key, what, f"→ {kind}: {value}", notes=((codes, ""),) if codes else ())


def _dialled(content: Content, **target: str) -> str:
    """The codes that lead there at once."""
    ((kind, value),) = target.items()
    names = sorted(name for name, shortcut in content.shortcuts.items() if getattr(shortcut, kind) == value)
    return ", ".join(f"*code*{name}#" for name in names)


def _form(content: Content, service: Service) -> Card:
    title = (f"{service.id}: {service.name['en']}", service.name["ar"])
    below = (_dialled(content, service=service.id), "")
    return Card(service.id, title, below, "office", "aside", tuple(_questions(service)))


def _questions(service: Service) -> Iterator[Row]:
    """What is asked, in order; variants for other answers are one thing to the citizen."""
    kinds = {(question.noun["en"], question.noun["ar"]): question.type for question in reversed(service.questions)}
    asked = dict.fromkeys((question.noun["en"], question.noun["ar"]) for question in service.questions)
    for number, noun in enumerate(asked, 1):
        yield Row(str(number), noun, kinds[noun])
