"""What gives way where a screen has little room: the notice above it and the example, never the prompt or a choice.

A screen whose input is typed is one page: no key can turn it.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.settings import ROOT
from menus import engine
from menus.content import Content
from menus.forms import Special
from menus.gsm import Budget
from menus.load import load_content
from menus.localized import LANGUAGES, Language
from menus.measure import measure
from menus.operators import Operator
from menus.paths import screens
from menus.samples import case_states, menu_states
from menus.state import State

CONTENT = load_content(ROOT / "config")
ROOMY = Budget(septets=182, ucs2=80)


def every_state(language: Language) -> Iterator[State]:
    yield from menu_states(CONTENT, language)
    for service in CONTENT.services.values():
        yield from case_states(CONTENT, service, language)
        yield from screens(CONTENT, service.id, language)


def lines(state: State, budget: Budget, content: Content = CONTENT) -> list[str]:
    """The lines of the one page of a screen."""
    _, cut, free = engine.layout(content, state, budget)
    assert free
    assert len(cut) == 1, cut
    return cut[0].split("\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("operator", CONTENT.operators, ids=lambda each: each.name)
def test_a_notice_takes_no_prompt_and_no_choice_from_a_typed_screen(operator: Operator, language: Language) -> None:
    seen = 0
    for state in every_state(language):
        _, whole, free = engine.layout(CONTENT, state, Budget(10_000, 10_000))
        if not free:
            continue
        must = [line for line in whole[0].split("\n") if not line.startswith(("مثال", "Example"))]
        for first in (False, True):
            for notice, tries in (("retry", 1), ("retry", 2), ("unavailable", 0)):
                shown = lines(replace(state, first=first, notice=notice, tries=tries), operator.budget)
                assert [line for line in shown if line in must] == must
                assert not any(line.startswith("8 ") for line in shown), shown
                seen += 1
    assert seen > 100


def test_what_gives_way_first_is_the_length_of_the_notice_then_the_example_then_the_notice() -> None:
    state = replace(asks_for_an_account(), notice="retry", tries=1)
    whole = lines(state, Budget(182, 200))
    assert whole[0] == "غير صحيح (2 من 3)"
    prompt, example, *choices = whole[1:]
    assert example.startswith("مثال")
    short, rest = "خطأ، 2 من 3", "\n".join(choices)
    for shown in (
        [short, prompt, example, rest],
        [whole[0], prompt, rest],
        [short, prompt, rest],
        [prompt, example, rest],
        [prompt, rest],
    ):
        text = "\n".join(shown)
        assert "\n".join(lines(state, Budget(182, len(text)))) == text


def asks_for_an_account() -> State:
    """A question with an example below it."""
    return next(
        state
        for state in screens(CONTENT, "school", "ar")
        if engine.layout(CONTENT, state, ROOMY)[0] == "school.school"
    )


def with_prompt(ar: str) -> Content:
    """The content whose only service asks one thing that is typed."""
    water = CONTENT.services["water"]
    plot = next(question for question in water.questions if question.id == "plot")
    special = Special(key="1", id="none", label={"ar": "لا أعلم", "en": "unknown"})
    changed = plot.model_copy(update={"prompt": {"ar": ar, "en": "Plot?"}, "special": special, "when": {}})
    one = water.model_copy(update={"questions": [changed]})
    return replace(CONTENT, services={"water": one}, operators=CONTENT.operators[:1])


def found(content: Content) -> set[tuple[str, str]]:
    return {(each.name, each.fault) for each in measure(content) if each.fault and each.name.startswith("water.plot")}


def test_a_typed_screen_that_does_not_fit_whole_is_a_fault() -> None:
    length = 80 - len("\n1 لا أعلم\n0 رجوع")
    notice = len("خطأ، 2 من 3\n")
    assert found(with_prompt("ق" * (length - notice))) == set()
    assert found(with_prompt("ق" * (length - notice + 1))) == {
        ("water.plot @standard +retry", "standard's screen has no room for the text retry")
    }
    too_long = ("water.plot @standard", "does not fit one page of standard's screen")
    assert too_long not in found(with_prompt("ق" * length))
    assert too_long in found(with_prompt("ق" * (length + 1)))


def test_choices_below_a_notice_keep_their_prompt_on_every_page() -> None:
    for language in LANGUAGES:
        for state in every_state(language):
            for operator in CONTENT.operators:
                check_headings(replace(state, notice="retry", tries=1), operator.budget)


def check_headings(state: State, budget: Budget) -> None:
    """No page of options begins with the notice alone."""
    _, cut, _ = engine.layout(CONTENT, state, budget)
    for page in cut[1:]:
        top, below = page.split("\n")[:2]
        is_notice = top.startswith(("غير صحيح", "خطأ", "Not valid", "Wrong"))
        assert not (is_notice and below[:1].isdigit() and below[1:2] == " "), cut


def test_on_whatever_page_the_store_was_asked_its_absence_is_said() -> None:
    budget = CONTENT.budget(None)
    for service in CONTENT.services.values():
        for state in case_states(CONTENT, service, "ar"):
            for page in range(len(engine.layout(CONTENT, state, budget)[1])):
                reply = engine.unavailable(CONTENT, replace(state, page=page), budget).reply
                assert reply is not None
                assert reply.text.startswith("تعذر الحفظ"), reply.text
