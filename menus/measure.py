"""Every screen and SMS measured as the network counts it, before a citizen meets it.

Decides: what does not fit, in units, per language and operator. Must not know: files, the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from menus.content import Content, Service
from menus.forms import Question
from menus.gsm import cost, segments
from menus.localized import LANGUAGES, fill, placeholders
from menus.pager import pages
from menus.state import Screen

SAMPLE_WIDTH = 14
"""Characters of an office's or place's approved short name (services-domain §4)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One text: `units` septets or UTF-16 units on its longest page, pages (USSD) or segments (SMS)."""

    name: str
    language: str
    units: int
    count: int
    fault: str | None = None


def measure(content: Content) -> Iterator[Measured]:
    """Every menu, question and SMS of the content."""
    for name, menu in content.menus.items():
        for language in LANGUAGES:
            options = tuple((item.key, item.label[language]) for item in menu.items)
            screen = Screen(menu.prompt[language], options, back=name != "main")
            yield from _screen(content, f"menu {name}", language, screen)
    for question in content.profile:
        yield from _question(content, "profile", question)
    for service in content.services.values():
        for question in service.questions:
            yield from _question(content, service.id, question)
        yield from _texts(content, service)


def _question(content: Content, owner: str, question: Question) -> Iterator[Measured]:
    for language in LANGUAGES:
        options = [(choice.key, choice.label[language]) for choice in question.choices]
        if question.special:
            options.append((question.special.key, question.special.label[language]))
        longest = {name: "9" * 6 if name != "place" else _longest_place(content, language) for name in _names(question)}
        text = fill(question.prompt[language], longest)
        single = question.type != "choice"
        screen = Screen(text, tuple(options), back=not (question.special and question.special.key == "0"))
        yield from _screen(content, f"{owner}.{question.id}", language, screen, single)


def _names(question: Question) -> set[str]:
    return placeholders(question.prompt)


def _longest_place(content: Content, language: str) -> str:
    names = [d.short[language] for d in content.districts]
    names += [name[language] for d in content.districts for name in d.subdistricts.values()]
    return max(names, key=cost)


def _screen(content: Content, name: str, language: str, screen: Screen, single: bool = False) -> Iterator[Measured]:
    for operator in content.operators:
        words = content.ussd["more"][language], content.ussd["back"][language]
        cut = pages(screen, operator.budget, *words)
        over = [page for page in cut if not operator.budget.fits(page)]
        fault = f"over {operator.name}'s screen" if over else None
        if single and len(cut) > 1:  # a free input takes 8 as a digit: it cannot mean 'more' there
            fault = f"a free input must fit one page of {operator.name}"
        yield Measured(f"{name} @{operator.name}", language, max(cost(page) for page in cut), len(cut), fault)


def _texts(content: Content, service: Service) -> Iterator[Measured]:
    states = [service.use(state).text or content.states[state].text for state in service.workflow.states]
    moves = [move.text for move in service.workflow.moves if move.text]
    for key in sorted({*states, *moves}):
        for language in LANGUAGES:
            text = fill(content.sms[key][language], _longest_words(content, service, key, language))
            count = segments(text)
            fault = "takes more than one segment" if count > 1 else None
            yield Measured(f"sms {service.id}.{key}", language, cost(text), count, fault)


def _longest_words(content: Content, service: Service, key: str, language: str) -> dict[str, str]:
    """The longest value that each placeholder of a text can take here."""
    offices = {service.routing.default, *service.routing.by_place.values()}
    known = {
        "reference": "24839174",
        "days": "20",
        "due": "15/10",
        "office": max((content.office(office, language) for office in offices), key=len),
        "state": max((content.state_label(state, language) for state in service.workflow.states), key=len),
        "reason": max((reason[language] for reason in service.reasons.values()), key=len, default=""),
        "question": max((question.noun[language] for question in service.questions), key=len),
    }
    widths = {"day": 5, "hour": 2, "amount": 7, "integer": 5, "code": SAMPLE_WIDTH, "note": 20, "due": 5}
    for move in service.workflow.moves:
        for param in move.params:
            known.setdefault(param.id, "0" * widths.get(param.type, SAMPLE_WIDTH))
    return {name: known[name] for name in placeholders(content.sms[key])}
