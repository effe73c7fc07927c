"""The map `moved` of menus.yaml: what became of a service, a field or a menu that was renamed.

Decides: which entries lead somewhere, in a form that menus/carry.py follows. Must not know: who is carried.
"""

import re
from collections.abc import Iterator

from menus.content import Content

Fault = tuple[str, str]
_NAME = "[a-z][a-z_]*"
_SHAPES = re.compile(rf"(?P<menu>menu \S+)|(?P<field>{_NAME}\.{_NAME})|(?P<service>{_NAME})")
_SAID = {"menu": "`menu NAME: menu NAME`", "field": "`SERVICE.FIELD: SERVICE.FIELD`", "service": "`SERVICE: SERVICE`"}


def faults(content: Content) -> Iterator[Fault]:
    """Every fault, as (entry, reason)."""
    for before, now in content.moved.items():
        shape = _shape(before)
        if shape is None or _shape(now) != shape:
            yield before, f"is none of {', '.join(_SAID.values())}" if shape is None else f"{_SAID[shape]} is expected"
        elif shape == "menu":
            yield from _menu(content, before, now)
        elif shape == "service":
            yield from _service(content, before, now)
        else:
            yield from _field(content, before, now)


def _shape(name: str) -> str | None:
    found = _SHAPES.fullmatch(name)
    return found.lastgroup if found else None


def _menu(content: Content, before: str, now: str) -> Iterator[Fault]:
    if before.removeprefix("menu ") in content.menus:
        yield before, "this menu is still there: nobody is carried away from it"
    if now.removeprefix("menu ") not in content.menus:
        yield before, f"there is no {now}"


def _service(content: Content, before: str, now: str) -> Iterator[Fault]:
    if before in content.services:
        yield before, "this service is still there: nobody is carried away from it"
    if now not in content.services:
        yield before, f"there is no service {now}"


def _field(content: Content, before: str, now: str) -> Iterator[Fault]:
    (owner, field), (target, name) = before.split("."), now.split(".")
    home = content.moved.get(owner, owner)
    if home not in content.services:
        yield before, f"there is no service {owner}, and none that it became"
        return
    asked = {question.id for question in (*content.profile, *content.services[home].questions)}
    if target != home:
        yield before, f"a field stays with its service, {home}"
    elif name not in asked:
        yield before, f"{home} asks no {name}"
    if field in asked:
        yield before, f"{home} still asks {field}: its answer is not carried away"
