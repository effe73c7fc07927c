"""A drawing read as a viewer sees it: cards with lines of text, and wires that touch them."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
ACROSS = re.compile(r"M([\d.]+) ([\d.]+)H([\d.]+)")
Point = tuple[float, float]


@dataclass(frozen=True)
class DrawnLine:
    """One line of a card: its texts, the colours beside it, and the two points from which a wire could leave."""

    texts: tuple[str, ...]
    arabic: tuple[str, ...]
    colours: tuple[str, ...]
    sides: tuple[Point, Point]
    loop: bool

    def says(self, word: str) -> bool:
        return any(word in re.split(r", |، | \(|\)", text) for text in (*self.texts, *self.arabic))


@dataclass(frozen=True)
class DrawnCard:
    heading: tuple[str, ...]
    lines: tuple[DrawnLine, ...]
    left: float
    right: float
    top: float
    bottom: float

    def touched(self, point: Point) -> bool:
        x, y = point
        return x in (self.left, self.right) and self.top < y < self.bottom


@dataclass(frozen=True)
class Picture:
    cards: dict[str, DrawnCard]
    wires: tuple[tuple[bool, frozenset[Point]], ...]

    def led_to(self, line: DrawnLine, dashed: bool = False) -> set[str]:
        """The cards that the wire from this line touches."""
        ends = {end for back, points in self.wires if back == dashed and points & set(line.sides) for end in points}
        return {name for name, card in self.cards.items() if any(card.touched(end) for end in ends - _outs(card))}


def _outs(card: DrawnCard) -> set[Point]:
    return {side for line in card.lines for side in line.sides}


def read(svg: str) -> Picture:
    root = ElementTree.fromstring(svg)  # noqa: S314 (our own)
    wires = [path for path in root.iter(f"{SVG}path") if "wire" in path.get("class", "").split()]
    cards = {group.get("id", ""): _card(group) for group in root.iter(f"{SVG}g") if group.get("id")}
    return Picture(cards, tuple((path.get("class") == "wire back", _ends(path)) for path in wires))


def _ends(path: ElementTree.Element) -> frozenset[Point]:
    return frozenset((float(x), float(y)) for x, y, _ in ACROSS.findall(path.get("d", "")))


def _card(group: ElementTree.Element) -> DrawnCard:
    x, y = map(float, re.findall(r"[\d.]+", group.get("transform", "")))
    frame = group.find(f"{SVG}rect")
    assert frame is not None
    wide, tall = float(frame.get("width", "")), float(frame.get("height", ""))
    lines = tuple(_line(each, x, y, wide) for each in group.findall(f"{SVG}g"))
    heading = tuple(text.text or "" for text in group.findall(f"{SVG}text"))
    return DrawnCard(heading, lines, x, x + wide, y, y + tall)


def _line(group: ElementTree.Element, x: float, y: float, wide: float) -> DrawnLine:
    texts = [(text.text or "", text.get("direction") == "rtl") for text in group.findall(f"{SVG}text")]
    kinds = [each.get("class", "") for each in group.iter()]
    rule = group.find(f"{SVG}path")
    assert rule is not None
    height = y + float(re.findall(r"[\d.]+", rule.get("d", ""))[1]) + 8
    return DrawnLine(
        texts=tuple(text for text, turned in texts if not turned),
        arabic=tuple(text for text, turned in texts if turned),
        colours=tuple(kind.removeprefix("mark-") for kind in kinds if kind.startswith("mark-")),
        sides=((x, height), (x + wide, height)),
        loop="loop" in kinds,
    )
