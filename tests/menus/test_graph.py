"""The drawings: everything that the content says is on them, and can be read."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from menus.content import Content, Service
from menus.graph import drawings, forms, lives
from menus.graph.cards import Card
from menus.graph.lettering import width
from menus.graph.sheet import Sheet, laid_out
from menus.load import load_content
from menus.menu import Item
from menus.workflow import CITIZEN, ORIGIN, SAME, SYSTEM, Move
from tests.menus.pictures import DrawnLine, read

CONTENT: Content = load_content(Path(__file__).parents[2] / "config")
DRAWN = drawings(CONTENT)
PICTURES = {name.removesuffix(".svg"): read(svg) for name, svg in DRAWN.items()}
ITEMS = [(name, item) for name, menu in CONTENT.menus.items() for item in menu.items]
every_service = pytest.mark.parametrize("service", CONTENT.services.values(), ids=list(CONTENT.services))


def leaving(service: Service) -> Iterator[tuple[str, Move]]:
    """Each state with each move that leaves it."""
    return ((source, move) for move in service.workflow.moves for source in move.source)


def goal(move: Move) -> str:
    return {SAME: "stays · يبقى", ORIGIN: "→ back · يعود"}.get(move.to, f"→ {move.to}")


def lines_of(service: Service, source: str, move: Move) -> list[DrawnLine]:
    """The lines of a state's card that say this move, where it leads, and by whom."""
    found = PICTURES[service.id].cards[source].lines
    mine = [line for line in found if line.says(move.action) and goal(move) in line.texts]
    return [line for line in mine if all(role in " ".join(line.texts) for role in move.by)]


def test_there_is_a_drawing_of_the_menu_and_of_each_service() -> None:
    assert set(DRAWN) == {"menu.svg", *(f"{name}.svg" for name in CONTENT.services)}


@pytest.mark.parametrize(("menu", "item"), ITEMS, ids=[f"{menu} {item.key}" for menu, item in ITEMS])
def test_every_line_of_every_menu_is_in_the_picture_in_both_languages(menu: str, item: Item) -> None:
    picture = PICTURES["menu"]
    (line,) = (line for line in picture.cards[f"menu {menu}"].lines if line.texts[0] == item.key)
    assert item.label["en"] in line.texts
    assert item.label["ar"] in line.arabic
    elsewhere = {f"→ {kind}: {getattr(item, kind)}" for kind in ("cases", "language", "pin") if getattr(item, kind)}
    assert elsewhere <= set(line.texts)
    card = item.service or (f"menu {item.menu}" if item.menu else None)
    assert picture.led_to(line) == ({card} if card else set())


def test_every_code_that_can_be_dialled_is_in_the_picture() -> None:
    for name in CONTENT.shortcuts:
        assert f">*code*{name}#<" in DRAWN["menu.svg"]


@every_service
def test_every_move_is_on_the_card_of_each_state_that_it_leaves(service: Service) -> None:
    for source, move in leaving(service):
        lines = lines_of(service, source, move)
        assert lines, f"{move.action} is not on the card of {source}"
        if move.label:
            assert any(line.says(move.label["ar"]) for line in lines), f"{move.action} of {source} in Arabic"
        makers = {"citizen" if by == CITIZEN else "system" if by == SYSTEM else "office" for by in move.by}
        assert any(makers == set(line.colours) for line in lines), f"whose {move.action} of {source} is"
        assert all(line.loop == (move.to == SAME) for line in lines)


@every_service
def test_a_wire_leads_from_every_move_to_where_it_goes_and_nowhere_else(service: Service) -> None:
    for source, move in leaving(service):
        asked = {name for each in service.workflow.moves if each.to == source for name in each.source}
        back = move.to == ORIGIN
        expected = asked & set(move.came_from or asked) if back else set() if move.to == SAME else {move.to}
        lines, picture = lines_of(service, source, move), PICTURES[service.id]
        assert expected in [picture.led_to(line, dashed=back) for line in lines], f"{move.action} of {source}"
        assert not any(picture.led_to(line, dashed=not back) for line in lines)


@every_service
def test_a_state_is_named_in_both_languages_with_its_days(service: Service) -> None:
    cards = PICTURES[service.id].cards
    assert set(cards) == set(service.workflow.states)
    for state, use in service.workflow.states.items():
        label = CONTENT.states[state].label
        assert {f"{state}: {label['en']}", label["ar"]} <= set(cards[state].heading)
        assert all(str(days) in " ".join(cards[state].heading) for days in (use.sla, use.limit) if days)


def test_which_answers_a_move_is_for_is_said_in_both_languages() -> None:
    cards = PICTURES["water"].cards
    paid = [line for line in cards["FEE_DUE"].lines if line.says("paid")]
    assert [line.texts[-1] for line in paid] == [
        "type of service: New connection, Meter",
        "type of service: Change name, Close account",
    ]
    assert paid[0].arabic == ("نوع الخدمة: اشتراك جديد، نصب مقياس",)


def test_a_drawing_needs_nothing_from_outside() -> None:
    for svg in DRAWN.values():
        assert svg.count("http") == 1  # the namespace
        assert not [word for word in ("href", "url(", "@import", "<image", "<script", "<!") if word in svg]


# -- what would make it hard to read ---------------------------------------------------------------------------------


def wordy(card: Card) -> Card:
    """The same with texts several times as long."""
    rows = [
        replace(row, what=(f"{row.what[0]} " * 4, f"{row.what[1]} " * 4), goal=row.goal * 2, who=f"{row.who}, " * 3)
        for row in card.rows
    ]
    return replace(card, title=(card.title[0] * 3, card.title[1] * 3), rows=tuple(rows))


def sheets() -> Iterator[tuple[str, Sheet]]:
    cards = {"menu": forms.cards(CONTENT)}
    cards |= {name: lives.cards(CONTENT, service) for name, service in CONTENT.services.items()}
    for name, each in cards.items():
        yield name, laid_out((name, "اسم"), lives.MAKERS, each)
        yield f"wordy {name}", laid_out((name, "اسم"), lives.MAKERS, [wordy(card) for card in each])


SHEETS = dict(sheets())
Box = tuple[float, float, float, float]


def boxes(sheet: Sheet) -> list[Box]:
    """Every label's box, from the corner of the sheet."""
    found = [label.box for label in sheet.heading]
    for placed in sheet.cards:
        x, y = sheet.left(placed.column), placed.top
        labels = [*placed.face.heading, *(label for line in placed.face.lines for label in line.labels)]
        found += [
            (left + x, top + y, right + x, bottom + y) for left, top, right, bottom in (each.box for each in labels)
        ]
    return found


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", SHEETS)
def test_no_label_lies_on_another(name: str) -> None:
    found = boxes(SHEETS[name])
    assert len(found) > 30
    assert [pair for pair in combinations(found, 2) if overlap(*pair)] == []


@pytest.mark.parametrize("name", SHEETS)
def test_labels_stay_inside_their_card_and_cards_apart(name: str) -> None:
    sheet = SHEETS[name]
    frames = []
    for placed in sheet.cards:
        for line in placed.face.lines:
            assert all(0 <= label.left for label in line.labels)
            assert all(label.left + label.width <= sheet.columns.width for label in line.labels)
        x, y = sheet.left(placed.column), placed.top
        frames.append((x, y, x + sheet.columns.width, y + placed.face.height))
    assert not any(overlap(*pair) for pair in combinations(frames, 2))
    assert all(0 <= left and right <= sheet.width and bottom <= sheet.height for left, _, right, bottom in frames)


@pytest.mark.parametrize("name", SHEETS)
def test_no_wire_crosses_a_card_or_runs_on_another(name: str) -> None:
    sheet = SHEETS[name]
    assert all(sheet.edge("main") < sheet.lane(wire) < sheet.edge("aside") for wire in sheet.wires)
    for one, other in combinations(sheet.wires, 2):
        if one.lane == other.lane:
            assert one.span[1] < other.span[0] or other.span[1] < one.span[0]
        if not (one.back and other.back):  # two that lead back may end at one point
            assert not {y for _, y in (*one.leaves, *one.enters)} & {y for _, y in (*other.leaves, *other.enters)}


def test_a_text_is_given_the_room_of_its_letters() -> None:
    assert width("WITHDRAWN", "small") > width("withdraw", "small") > width("سحب", "small")
    assert width("قبول", "title") > width("قبول", "small")
