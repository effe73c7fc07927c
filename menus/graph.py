"""The menu and each workflow as a drawing in SVG, made of nothing but text.

Decides: where boxes and arrows stand. Must not know: files, browsers, any drawing program.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from menus.content import Content, Service
from menus.workflow import CITIZEN, ORIGIN, SAME, SYSTEM

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 46, 90, 26, 30
_STYLE = (
    "text{font:12px sans-serif;fill:#222}.small{font-size:10px;fill:#666}rect{stroke:#456;rx:6}"
    "path{fill:none;stroke:#89a}.citizen{stroke:#2a7}.system{stroke:#c60;stroke-dasharray:4 3}"
)
_FILLS = {"office": "#eaf1fb", "citizen": "#e8f7ee", "none": "#eee", "menu": "#fff7e0", "service": "#eaf1fb"}


@dataclass(frozen=True, slots=True)
class Box:
    """One node: its lines of text, and a kind that chooses the colour."""

    id: str
    lines: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, with a word beside it."""

    source: str
    target: str
    label: str
    kind: str = ""


def drawings(content: Content) -> dict[str, str]:
    """File name -> SVG: `menu.svg`, and one a service."""
    found = {"menu.svg": _svg(*_menu(content))}
    for service in content.services.values():
        found[f"{service.id}.svg"] = _svg(*_workflow(content, service))
    return found


def _menu(content: Content) -> tuple[list[Box], list[Arrow]]:
    boxes, arrows = [], []
    for name, menu in content.menus.items():
        boxes.append(Box(f"menu {name}", (menu.prompt["ar"], menu.prompt["en"]), "menu"))
        for item in menu.items:
            label = f"{item.key} {item.label['en']}"
            if item.menu:
                arrows.append(Arrow(f"menu {name}", f"menu {item.menu}", label))
            elif item.service:
                arrows.append(Arrow(f"menu {name}", item.service, label))
    for service in content.services.values():
        names = sorted(key for key, target in content.shortcuts.items() if target.service == service.id)
        code = f"*code*{names[0]}#" if names else ""
        boxes.append(Box(service.id, (service.name["ar"], f"{service.name['en']} {code}"), "service"))
        boxes += _questions(service)
        arrows += _onward(service)
    return boxes, arrows


def _questions(service: Service) -> list[Box]:
    named = {question.id: question for question in reversed(service.questions)}
    return [
        Box(f"{service.id}.{name}", (question.noun["ar"], f"{question.noun['en']} ({question.type})"), "none")
        for name, question in reversed(named.items())
    ]


def _onward(service: Service) -> list[Arrow]:
    order = [service.id, *(f"{service.id}.{name}" for name in dict.fromkeys(q.id for q in service.questions))]
    return [Arrow(one, other, "") for one, other in pairwise(order)]


def _workflow(content: Content, service: Service) -> tuple[list[Box], list[Arrow]]:
    boxes = [_state(content, service, state) for state in service.workflow.states]
    merged: dict[tuple[str, str, str], list[str]] = {}
    for move in service.workflow.moves:
        kind = "citizen" if CITIZEN in move.by else "system" if move.by == [SYSTEM] else ""
        for source in move.source:
            if move.to not in (SAME, ORIGIN) and move.to in service.workflow.states:
                only = f" (from {', '.join(move.came_from)})" if move.came_from else ""
                merged.setdefault((source, move.to, kind), []).append(move.action + only)
    return boxes, [Arrow(source, to, ", ".join(names), kind) for (source, to, kind), names in merged.items()]


def _state(content: Content, service: Service, state: str) -> Box:
    use, kind = service.use(state), content.states[state]
    clock = f"{use.sla} working days" if use.sla else f"{use.limit} days" if use.limit else ""
    return Box(state, (kind.label["ar"], f"{state} {clock}"), kind.clock)


# -- drawing -----------------------------------------------------------------------------------------------------


def _svg(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    places = _places(boxes, arrows)
    width = max(x for x, _ in places.values()) + WIDTH + MARGIN
    height = max(y for _, y in places.values()) + HEIGHT + MARGIN
    drawn = [*(_arrow(arrow, places) for arrow in arrows), *(_box(box, *places[box.id]) for box in boxes)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" style="fill:#678;stroke:none"/></marker></defs>'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", tip, *drawn, "</svg>", ""])


def _places(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> dict[str, tuple[int, int]]:
    """Columns by the distance from the first box, rows in the order of the boxes."""
    columns = _columns([box.id for box in boxes], arrows)
    rows: dict[int, int] = {}
    places = {}
    for box in boxes:
        column = columns[box.id]
        row = rows.get(column, 0)
        rows[column] = row + 1
        places[box.id] = (MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
    return places


def _columns(ids: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    known = set(ids)
    columns, fresh = {ids[0]: 0}, [ids[0]]
    while fresh:
        source = fresh.pop(0)
        for arrow in arrows:
            if arrow.source == source and arrow.target in known and arrow.target not in columns:
                columns[arrow.target] = columns[source] + 1
                fresh.append(arrow.target)
    return {each: columns.get(each, 0) for each in ids}


def _box(box: Box, x: int, y: int) -> str:
    first, second = (*box.lines, "")[:2]
    middle = x + WIDTH // 2
    return (
        f'<g><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" style="fill:{_FILLS[box.kind]}"/>'
        f'<text x="{middle}" y="{y + 19}" text-anchor="middle" direction="rtl">{escape(first)}</text>'
        f'<text x="{middle}" y="{y + 36}" text-anchor="middle" class="small">{escape(second)}</text></g>'
    )


def _arrow(arrow: Arrow, places: Mapping[str, tuple[int, int]]) -> str:
    if arrow.source not in places or arrow.target not in places:
        return ""
    (x1, y1), (x2, y2) = places[arrow.source], places[arrow.target]
    onward = x2 > x1
    start, end = (x1 + WIDTH, x2) if onward else (x1, x2 + WIDTH if x2 < x1 else x2)
    y1, y2 = y1 + HEIGHT // 2, y2 + HEIGHT // 2
    bend = GAP_X // 2 if onward else -GAP_X // 2
    far = end - bend if x2 != x1 else start + bend
    path = f"M{start} {y1}C{start + bend} {y1} {far} {y2} {end} {y2}"
    word = f'<text class="small" x="{(start + end) // 2}" y="{(y1 + y2) // 2 - 4}" text-anchor="middle">'
    return f'<path d="{path}" class="{arrow.kind}" marker-end="url(#tip)"/>{word}{escape(arrow.label)}</text>'
