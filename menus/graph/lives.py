"""A service's workflow as cards: each state, and on it every move that leaves it.

Decides: what the drawing of a workflow says about a state and a move. Must not know: where anything stands.
"""

from collections.abc import Iterator

from menus.content import Content, Service
from menus.graph.cards import Card, Column, Maker, Row, Words, joined
from menus.workflow import CITIZEN, ORIGIN, SAME, SYSTEM, Move

MAKERS: tuple[tuple[Maker, Words], ...] = (
    ("citizen", ("the citizen", "المواطن")),
    ("office", ("an office's role", "الدائرة")),
    ("system", ("by itself (the clock)", "تلقائيا (الوقت)")),
)


def cards(content: Content, service: Service) -> list[Card]:
    """The states in the order of the service's file."""
    return [_card(content, service, state) for state in service.workflow.states]


def _card(content: Content, service: Service, state: str) -> Card:
    kind = content.states[state]
    return Card(
        id=state,
        title=(f"{state}: {kind.label['en']}", kind.label["ar"]),
        below=_below(content, service, state),
        kind=kind.clock,
        column=_column(content, service, state),
        rows=tuple(_rows(service, state)),
    )


def _column(content: Content, service: Service, state: str) -> Column:
    """Detours and ends stand apart from the way that a case takes when all goes well, to the first end."""
    kind = content.states[state]
    if state == next((each for each in service.workflow.states if content.states[each].closed), None):
        return "main"
    return "aside" if kind.closed or kind.apart or state in service.workflow.detours else "main"


def _below(content: Content, service: Service, state: str) -> Words:
    """Where a case begins, and whose clock runs how long."""
    use, kind, said = service.use(state), content.states[state], list[Words]()
    if state == service.workflow.start or kind.entry:
        said.append(("begins here", "يبدأ هنا"))
    if kind.closed:
        said.append(("closed", "مغلق"))
    if use.limit:
        said.append((f"citizen's days: {use.limit}", f"أيام المواطن: {use.limit}"))
    if use.sla:
        days = "/".join(map(str, sorted({use.sla, *(pace.sla for pace in use.paces)})))
        said.append((f"office's working days: {days}", f"أيام عمل الدائرة: {days}"))
    return joined(said)


def _rows(service: Service, state: str) -> Iterator[Row]:
    """A line for each end, maker and condition; what leaves the case where it is comes last."""
    alike: dict[tuple[str, tuple[str, ...], tuple[Words, ...]], list[Move]] = {}
    for move in sorted(service.workflow.moves, key=lambda move: move.to == SAME):
        if state in move.source:
            alike.setdefault((move.to, tuple(move.by), tuple(_notes(service, move))), []).append(move)
    for (to, by, notes), moves in alike.items():
        yield Row(
            who=", ".join(by),
            what=joined(map(_name, moves)),
            goal={SAME: "stays · يبقى", ORIGIN: "→ back · يعود"}.get(to, f"→ {to}"),
            makers=tuple(dict.fromkeys(map(_maker, by))),
            to=_targets(service, state, moves[0]),
            back=to == ORIGIN,
            stays=to == SAME,
            notes=notes,
        )


def _targets(service: Service, state: str, move: Move) -> tuple[str, ...]:
    """Where a move may lead: back means to whatever state leads here, or those of them that the move is for."""
    if move.to != ORIGIN:
        return () if move.to == SAME else (move.to,)
    into = {source for each in service.workflow.moves if each.to == state for source in each.source}
    return tuple(each for each in service.workflow.states if each in into & set(move.came_from or into))


def _maker(role: str) -> Maker:
    return "citizen" if role == CITIZEN else "system" if role == SYSTEM else "office"


def _name(move: Move) -> Words:
    if not move.label:
        return move.action, ""
    english, arabic = move.label["en"], move.label["ar"]
    same = english.lower().replace(" ", "_") == move.action
    return move.action if same else f"{move.action} ({english})", arabic


def _notes(service: Service, move: Move) -> Iterator[Words]:
    for field, values in move.when.items():
        yield _condition(service, field, values)
    if move.came_from:
        yield f"if it came from {', '.join(move.came_from)}", f"إذا أتى من {'، '.join(move.came_from)}"
    if move.instead_of:
        yield f"instead of {move.instead_of}", f"بدل {move.instead_of}"
    if move.max:
        yield f"times at most: {move.max}", f"عدد المرات: {move.max}"
    if move.within:
        yield f"within days: {move.within}", f"خلال أيام: {move.within}"
    if move.in_time:
        yield "only while not late", "قبل التأخر فقط"


def _condition(service: Service, field: str, values: list[str]) -> Words:
    asked = [question for question in service.questions if question.id == field]
    labels = {choice.id: choice.label for question in asked for choice in question.choices}
    english, arabic = joined(
        (labels[each]["en"], labels[each]["ar"]) if each in labels else (each, each) for each in values
    )
    noun = asked[0].noun if asked else {"en": field, "ar": field}
    return f"{noun['en']}: {english}", f"{noun['ar']}: {arabic}"
