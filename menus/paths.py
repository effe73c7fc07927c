"""Every way through a form, played on the engine's own screens with the longest answers that each question takes.

Decides: which answers stand for all others, so that every screen is seen and none twice. Must not know: what is a
fault (see menus/measure.py), operators.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from menus.content import Content, Service
from menus.forms import Question
from menus.gsm import cost
from menus.localized import Language, placeholders
from menus.rules import RULES
from menus.state import State
from menus.walk import Form

STRANGER, KNOWN = "a new phone", "a known phone"
CALLERS = (STRANGER, KNOWN)


@dataclass(frozen=True, slots=True)
class Visit:
    """One screen of one way: `before` are the states of the screens that lead to it, the longest way of them."""

    state: State
    before: tuple[State, ...]
    room: int = 0
    """Units of all the answers in words: the review shows them."""


@lru_cache(maxsize=64)
def visits(content: Content, service: str, caller: str, language: Language) -> tuple[Visit, ...]:
    """Every screen of a service's form, the review last; see `_visits`."""
    return tuple(_visits(content, content.services[service], caller, language))


def _visits(content: Content, service: Service, caller: str, language: Language) -> Iterator[Visit]:
    """Every screen of a service's form, the review last; each question once for every way that later ones differ."""
    opening = _opening(content, service, caller, language)
    ways: dict[tuple[object, ...], Visit] = {("",): Visit(replace(opening, at="form", service=service.id), ())}
    while ways:
        key = min(ways, key=lambda each: each[0] if isinstance(each[0], int) else -1)
        visit = ways.pop(key)
        form = _form(content, service, visit.state)
        question = form.next_question(visit.state.answers)
        if question is None:
            yield Visit(replace(visit.state, at="review"), visit.before)
            continue
        yield visit
        for value in answers_to(question, service, language, visit.state.today):
            answers = form.answered(visit.state.answers, question, value)
            if question.id in visit.state.answers:
                continue
            room = sum(map(cost, form.words(answers, language).values()))
            onward = Visit(replace(visit.state, answers=answers), (*visit.before, visit.state), room)
            _keep(ways, _signature(content, service, onward), onward)


@lru_cache(maxsize=32)
def screens(content: Content, service: str, language: Language) -> tuple[State, ...]:
    """Of all visits of all callers, one for each screen that looks different; every review."""
    found: dict[tuple[object, ...], State] = {}
    for caller in CALLERS:
        for visit in visits(content, service, caller, language):
            form = _form(content, content.services[service], visit.state)
            question = form.next_question(visit.state.answers)
            if question is None:
                found[(caller, len(found))] = visit.state
                continue
            words = form.words(visit.state.answers, language)
            found[(id(question), *(words.get(name) for name in sorted(placeholders(question.prompt))))] = visit.state
    return tuple(found.values())


def answers_to(question: Question, service: Service, language: str, today: date) -> list[str]:
    """The answers that stand for all: those on which later questions turn, and the longest."""
    going_on = [choice for choice in question.choices if not choice.end and not choice.redo]
    if question.choices:
        return [choice.id for choice in going_on]
    found = [question.special.id] if question.special else []
    if question.type == "year_month":
        return [*found, *(f"{today.year - years}{month:02}" for years in range(3, 20) for month in (1, 6))]
    if question.type == "reference":
        return [*found, "24839174"]
    assert question.low is not None  # every other type has them
    assert question.high is not None
    if question.type == "digits":
        return [*found, "9" * question.high]
    edges = {limit for each in service.questions for name, limit in each.above.items() if name == question.id}
    numbers = {question.low, question.high, *edges, *(edge + 1 for edge in edges)}
    return [*found, *(str(number) for number in sorted(numbers) if question.low <= number <= question.high)]


def longest_place(content: Content, language: str) -> str:
    """The code of the place whose name takes most room."""
    codes = [code for district in content.districts for code in (district.code, *district.subdistricts)]
    return max(codes, key=lambda code: cost(content.place_name(code, language)))


def _opening(content: Content, service: Service, caller: str, language: Language) -> State:
    today = date(2026, 6, 1)
    if service.window:
        month, day = service.window.opens.split("-")
        today = date(2026, int(month), int(day))
    known = {"today": today.isoformat()}
    if caller == KNOWN:
        place = longest_place(content, language)
        known |= {"known_consent": "yes", "known_card": "yes", "known_place": "yes", "place": place}
    return State(language=language, known=known)


def _form(content: Content, service: Service, state: State) -> Form:
    return Form(content, service, state.known, state.today)


def _signature(content: Content, service: Service, visit: Visit) -> tuple[object, ...]:
    """What the questions still to come can see of the answers; two ways with the same one go on alike."""
    form = _form(content, service, visit.state)
    everything = [*content.profile, *service.questions]
    following = form.next_question(visit.state.answers)
    at = everything.index(following) if following else len(everything)
    facts = {**visit.state.known, **visit.state.answers}
    seen: list[object] = [at]
    for question in everything[at:]:
        seen += [(name, facts.get(name, "")) for name in question.when]
        numbers = {name: facts.get(name, "") for name in question.above}
        seen += [(name, said.isdecimal() and int(said) > question.above[name]) for name, said in numbers.items()]
        if question.rule and question.rule in RULES:
            # A rule reads whichever answers it likes: those that were chosen, and what it says so far.
            seen += [
                (each.id, facts.get(each.id, ""))
                for each in service.questions
                if each.choices and not each.when.get("place_same")
            ]
            seen.append(RULES[question.rule](facts, visit.state.today))
    return tuple(dict.fromkeys(seen))


def _keep(ways: dict[tuple[object, ...], Visit], key: tuple[object, ...], visit: Visit) -> None:
    """Of two ways that go on alike, the one with more questions, then with the longer words."""
    rival = ways.get(key)
    if rival is None or _length(visit) > _length(rival):
        ways[key] = visit


def _length(visit: Visit) -> tuple[int, int]:
    return len(visit.before), visit.room
