"""A laid out drawing as the text of an SVG file.

Decides: colours, strokes and elements. Must not know: what anything means, where it should stand.
"""

from collections.abc import Iterator
from html import escape

from menus.graph.cards import Column
from menus.graph.faces import MARK, PAD
from menus.graph.lettering import STYLES, Label
from menus.graph.sheet import Sheet
from menus.graph.stacks import Placed
from menus.graph.wires import Wire

_STYLE = (
    "text{font-family:sans-serif;fill:#222}.title,.head,.goal{font-weight:bold}.small{fill:#555}.goal{fill:#345}"
    ".frame{fill:#fff;stroke:#567}.rule{stroke:#dde}.wire,.loop{fill:none;stroke-width:1.3}.back{stroke-dasharray:5 3}"
    "g:hover>.wire{stroke-width:3}.mark-citizen{fill:#1a9850}.mark-office{fill:#3b6fb6}.mark-system{fill:#e08214}"
) + "".join(f".{name}{{font-size:{size}px}}" for name, (size, _) in STYLES.items())
_FILLS = {"office": "#dce8f7", "citizen": "#dcf2e2", "none": "#e6e6e6"}
_WIRES = (
    "#3b6fb6", "#b2452f", "#4d8b31", "#8450a8", "#b07a10", "#1f8a8a", "#c2357f", "#5a5a5a", "#6b7a10", "#1747a6",
    "#8a3a10", "#0f6b3c", "#d2601a", "#5b3fd0", "#7a1f4f", "#2f95c8",
)  # fmt: skip


def drawn(sheet: Sheet) -> str:
    """The drawing; it needs nothing from outside."""
    size = f'width="{sheet.width:g}" height="{sheet.height:g}" viewBox="0 0 {sheet.width:g} {sheet.height:g}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{_STYLE}</style>"]
    lines.append(f'<rect width="{sheet.width:g}" height="{sheet.height:g}" fill="#fafafa"/>')
    lines += [_text(label) for label in sheet.heading]
    lines += [_mark(maker, x, y) for maker, x, y in sheet.marks]
    for number, wire in enumerate(sheet.wires):
        lines += _wire(sheet, wire, _WIRES[number % len(_WIRES)])
    for card in sheet.cards:
        lines += _card(sheet, card)
    return "\n".join([*lines, "</svg>", ""])


def _card(sheet: Sheet, placed: Placed) -> Iterator[str]:
    face, wide = placed.face, sheet.columns.width
    yield f'<g id="{escape(face.card.id)}" transform="translate({sheet.left(placed.column):g} {placed.top:g})">'
    yield f'<rect class="frame" width="{wide:g}" height="{face.height:g}"/>'
    yield f'<rect width="{wide:g}" height="{face.head:g}" fill="{_FILLS[face.card.kind]}" stroke="#567"/>'
    yield from map(_text, face.heading)
    for line in face.lines:
        yield f'<g class="line"><path class="rule" d="M1 {line.top:g}H{wide - 1:g}"/>'
        for number, maker in enumerate(line.row.makers):
            yield _mark(maker, PAD + number * MARK, line.top + 4)
        yield from map(_text, line.labels)
        if line.row.stays:
            yield _loop(wide, line.top, placed.column)
        yield "</g>"
    yield "</g>"


def _loop(wide: float, top: float, column: Column) -> str:
    """Out of the card and back to it."""
    x, out = (wide, 14) if column == "main" else (0, -14)
    path = f'<path class="loop" stroke="#678" d="M{x:g} {top + 4:g}c{out} -3 {out} 11 0 8"/>'
    return path + _tip(x, top + 12, column, "#678")


def _mark(maker: str, x: float, y: float) -> str:
    return f'<rect class="mark-{maker}" x="{x:g}" y="{y:g}" width="8" height="8"/>'


def _text(label: Label) -> str:
    turned = ' direction="rtl"' if label.arabic else ""
    x = label.left + label.width * label.arabic
    return f'<text class="{label.style}" x="{x:g}" y="{label.top + 12:g}"{turned}>{escape(label.text)}</text>'


def _wire(sheet: Sheet, wire: Wire, colour: str) -> Iterator[str]:
    x, (top, bottom) = sheet.lane(wire), wire.span
    across = "".join(f"M{sheet.edge(column):g} {y:g}H{x:g}" for column, y in (*wire.leaves, *wire.enters))
    yield f"<g><title>{escape('→ ' + ', '.join(wire.to))}</title>"
    kind = "wire back" if wire.back else "wire"
    yield f'<path class="{kind}" stroke="{colour}" d="M{x:g} {top:g}V{bottom:g}{across}"/>'
    for _, y in wire.leaves:
        yield f'<circle cx="{x:g}" cy="{y:g}" r="2.5" fill="{colour}"/>'
    yield from (_tip(sheet.edge(column), y, column, colour) for column, y in wire.enters)
    yield "</g>"


def _tip(x: float, y: float, column: Column, colour: str) -> str:
    """An arrow's point that touches the edge of a card."""
    back = 8 if column == "main" else -8
    return f'<path d="M{x:g} {y:g}l{back} -4v8z" fill="{colour}"/>'
