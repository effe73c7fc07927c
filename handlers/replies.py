"""What a short SMS means for the cases of its sender: the digit of a move, a rating, the answer to a question.

Decides: which case and which move a reply is about. Must not know: keywords, what is said back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from handlers import cases, moves, params
from handlers.context import Context
from menus.content import Service
from menus.workflow import CITIZEN, Move
from store import applications
from store.applications import Application


@dataclass(frozen=True, slots=True)
class Reply:
    """A move of the citizen's on one of their cases."""

    case: Application
    action: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """The phone's cases that a reply could be about: those whose turn is the citizen's go before the others."""

    waiting: list[Application]
    others: list[Application]

    def fitting(self, context: Context, typed: str) -> list[Reply]:
        """Every reply that `typed` can be, on the waiting cases; on the others only if it fits none of them."""
        return _fitting(context, self.waiting, typed) or _fitting(context, self.others, typed)


def open_cases(context: Context, phone: str, reference: str | None) -> Open:
    """The cases of a phone, or only the one that the message names."""
    found = applications.of_phone(context.tx, phone, None, limit=cases.LISTED)
    named = [case for case in found if reference in (None, case.reference)]
    waiting = [case for case in named if _clock(context, case) == "citizen"]
    return Open(waiting, [case for case in named if case not in waiting])


def having(context: Context, phone: str, action: str, reference: str | None) -> list[tuple[Application, Move]]:
    """The cases on which the citizen may make the move of that name."""
    found = open_cases(context, phone, reference)
    moves_of = ((case, move) for case in (*found.waiting, *found.others) for move in _citizen_moves(context, case))
    return [(case, move) for case, move in moves_of if move.action == action]


def _clock(context: Context, case: Application) -> str:
    kind = context.content.states.get(case.state)
    return kind.clock if kind else "none"


def _citizen_moves(context: Context, case: Application) -> Iterator[Move]:
    service = context.content.services.get(case.service)
    if service is not None:
        available = service.workflow.moves_from(case.state, case.answers)
        yield from (move for move in available if CITIZEN in move.by and not moves.spent(context, case, move))


def _fitting(context: Context, found: list[Application], typed: str) -> list[Reply]:
    replies = []
    for case in found:
        service = context.content.services.get(case.service)
        meanings = (_meaning(service, case, move, typed) for move in _citizen_moves(context, case) if service)
        replies += [meaning for meaning in meanings if meaning][:1]
    return replies


def _meaning(service: Service, case: Application, move: Move, typed: str) -> Reply | None:
    """`typed` as this move: its digit, a rating, or a value for the question that the office asked."""
    kinds = {param.type for param in move.params}
    if move.reply == typed and not move.confirm:
        return Reply(case, move.action)
    if "rating" in kinds and typed in [str(number) for number in range(params.RATINGS[0], params.RATINGS[1] + 1)]:
        return Reply(case, move.action, {"rating": typed})
    if "question" in kinds:
        asked = service.question(str(case.details.get("question", "")), case.answers)
        value = asked.accept(typed) if asked else typed[: params.WORDS_LENGTH]
        return Reply(case, move.action, {"value": value}) if value else None
    return None
