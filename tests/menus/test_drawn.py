"""A screen drawn once for everybody is what it would be if drawn anew, and never that of another content."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.settings import ROOT
from menus import engine
from menus.content import Content
from menus.load import load_content
from menus.localized import LANGUAGES, Language
from menus.paths import screens
from menus.samples import menu_states
from menus.state import State

CONTENT = load_content(ROOT / "config")


def states(language: Language, service: str) -> Iterator[State]:
    """Every menu and every question, plain, below a notice, and as the first screen of a call."""
    for state in (*menu_states(CONTENT, language), *screens(CONTENT, service, language)):
        yield state
        yield state.but(notice="retry", tries=1)
        yield state.but(notice="retry", tries=2)
        yield state.but(notice="unavailable")
        yield state.but(first=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("service", ["water", "school"])
def test_pages_at_hand_are_the_pages_drawn_anew(service: str, language: Language) -> None:
    content = replace(CONTENT)
    for operator in content.operators:
        for state in states(language, service):
            anew = engine.layout(replace(CONTENT), state, operator.budget)
            for _ in range(2):
                assert engine.layout(content, state, operator.budget) == anew
    assert any(screen.cut for screen in content.drawn.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_kept_of_a_question_that_names_an_answer(language: Language) -> None:
    content = replace(CONTENT)
    for service in content.services:
        for state in screens(CONTENT, service, language):
            engine.layout(content, state, content.budget(None))
    personal = [screen for screen in content.drawn.values() if "{" in screen.text]
    assert personal
    assert all(screen.cut is None for screen in personal)


def test_new_content_shows_its_own_screens() -> None:
    before = replace(CONTENT)
    shown(before)
    main = before.menus["main"].model_copy(update={"prompt": {"ar": "غيره", "en": "Another"}})
    after = replace(before, menus={**before.menus, "main": main})
    assert shown(after).startswith("Another\n")
    assert not shown(before).startswith("Another\n")


def shown(content: Content) -> str:
    step = engine.start(content, State(language="en"), content.budget(None))
    assert step.reply is not None
    return step.reply.text
