"""What a short SMS means for the cases of its sender: the digit of a move, its word, a rating, the office's question.

Decides: which case and which move a reply is about. Must not know: keywords, what is said back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from handlers import cases, moves, params
from handlers.context import Context
from menus import answering
from menus.content import Service
from menus.forms import Question
from menus.workflow import CITIZEN, Move
from store import applications, events
from store.applications import Application
from store.events import Event

REMEMBERED = timedelta(days=60)
"""So long after a question is closed an answer to it is told that it comes late, or again."""


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

    def fitting(self, context: Context, typed: str, words: bool = False) -> list[Reply]:
        """Every reply that `typed` can be, on the waiting cases; on the others only if it fits none of them.

        `words`: it may be an answer in the citizen's own words, to a question that takes them.
        """
        return _fitting(context, self.waiting, typed, words) or _fitting(context, self.others, typed, False)


def open_cases(context: Context, phone: str, reference: str | None) -> Open:
    """The cases of a phone, or only the one that the message names."""
    found = applications.of_phone(context.tx, phone, None, limit=cases.LISTED)
    named = [case for case in found if reference in (None, case.reference)]
    waiting = [case for case in named if _clock(context, case) == "citizen"]
    return Open(waiting, [case for case in named if case not in waiting])


def having(context: Context, phone: str, action: str, reference: str | None) -> list[tuple[Application, Move]]:
    """The cases on which the citizen may make the move of that name."""
    return [(case, move) for case, move in _possible(context, phone, reference) if move.action == action]


def called(context: Context, phone: str, intent: str, reference: str | None) -> list[tuple[Application, Move]]:
    """The cases with a move of the citizen's whose label is a word for this intent."""
    parse = context.content.grammar.parse
    found = _possible(context, phone, reference)
    return [(case, move) for case, move in found if any(parse(w).intent == intent for w in (move.label or {}).values())]


def _possible(context: Context, phone: str, reference: str | None) -> Iterator[tuple[Application, Move]]:
    found = open_cases(context, phone, reference)
    return ((case, move) for case in (*found.waiting, *found.others) for move in citizen_moves(context, case))


def options(context: Context, case: Application, language: str) -> str:
    """The digits that a case takes now and what they mean, or ''."""
    named = [move for move in citizen_moves(context, case) if move.reply and move.label]
    between = "، " if language == "ar" else ", "
    return between.join(f"{move.reply} {(move.label or {})[language]}" for move in named)


def closed(context: Context, phone: str, typed: str) -> tuple[Application, bool] | None:
    """The case whose question `typed` would have answered, and whether the citizen did answer it; None: no such one."""
    found: list[tuple[Event, Application]] = []
    for case in applications.of_phone(context.tx, phone, None, limit=cases.LISTED):
        past = [event for event in events.history(context.tx, case.reference) if _closes(context, case, event, typed)]
        found += [(past[-1], case)] if past else []
    if not found:
        return None
    last, case = max(found, key=lambda each: each[0].at)
    return (case, last.actor_kind == "citizen") if context.now - last.at <= REMEMBERED else None


def _closes(context: Context, case: Application, event: Event, typed: str) -> bool:
    """Whether the event ended a question that takes `typed`: it left the state, or was the citizen's own reply."""
    service = context.content.services.get(case.service)
    if service is None or event.from_state is None:
        return False
    asked = [m for m in service.workflow.moves_from(event.from_state, case.answers) if CITIZEN in m.by]
    taking = [m.action for m in asked if m.reply == typed or (_rates(m) and typed in _RATINGS)]
    return bool(taking) and (event.action in taking or event.from_state != event.to_state)


def citizen_moves(context: Context, case: Application) -> Iterator[Move]:
    """What the citizen may still do with a case."""
    service = context.content.services.get(case.service)
    if service is not None:
        available = service.workflow.moves_from(case.state, case.answers)
        yield from (move for move in available if CITIZEN in move.by and not moves.spent(context, case, move))


def _clock(context: Context, case: Application) -> str:
    kind = context.content.states.get(case.state)
    return kind.clock if kind else "none"


def _fitting(context: Context, found: list[Application], typed: str, words: bool) -> list[Reply]:
    replies = []
    for case in found:
        service = context.content.services.get(case.service)
        able = citizen_moves(context, case)
        meanings = (_meaning(context, service, case, move, typed, words) for move in able if service)
        replies += [meaning for meaning in meanings if meaning][:1]
    return replies


def _meaning(
    context: Context, service: Service, case: Application, move: Move, typed: str, words: bool
) -> Reply | None:
    """`typed` as this move: its digit or its word, a rating, or a value for the question that the office asked."""
    if not move.confirm and (move.reply == typed or (move.reply and _is_label(move, typed))):
        return Reply(case, move.action)
    rating = _rating(context, typed) if _rates(move) else None
    if rating:
        return Reply(case, move.action, {"rating": rating})
    if move.answers:
        asked = service.question(str(case.details.get("question", "")), case.answers)
        if asked is None and not (words or typed.isdecimal()):
            return None
        value = _value(asked, typed) if asked else typed[: params.WORDS_LENGTH]
        return Reply(case, move.action, {"value": value}) if value else None
    return None


def _value(asked: Question, typed: str) -> str | None:
    """An answer to a question of the form, as the form itself would take it."""
    labels = [(choice.key, words) for choice in asked.choices for words in choice.label.values()]
    key = answering.chosen(labels, typed) or answering.number(asked, typed)
    return asked.accept(typed) or (asked.accept(key) if key else None)


def _is_label(move: Move, typed: str) -> bool:
    return answering.chosen([(move.reply or "", words) for words in (move.label or {}).values()], typed) is not None


def _rating(context: Context, typed: str) -> str | None:
    """The rating, by its digit, by its word, or by both."""
    if typed in _RATINGS:
        return typed
    words = [(key, word) for key in sorted(_RATINGS) for word in context.content.ussd[f"rate_{key}"].values()]
    return answering.chosen(words, typed)


def _rates(move: Move) -> bool:
    return any(param.type == "rating" for param in move.params)


_RATINGS = frozenset(str(number) for number in range(params.RATINGS[0], params.RATINGS[1] + 1))
