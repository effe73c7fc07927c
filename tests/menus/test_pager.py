"""Pages keep a screen whole: within the budget, every option once with its number, the prompt in sight."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from menus.gsm import Budget, clusters
from menus.pager import _Cut, pages
from menus.state import Screen

ARABIC, LATIN = Budget(182, 80), Budget(160, 70)
MORE, BACK = "المزيد", "رجوع"

MARKS = "\u064b\u0651"
bases = st.sampled_from("ابتثجحخمنوهيabcdeé€[]{}0123456789\U0001f600")
letters = st.tuples(bases, st.text(st.sampled_from(MARKS), max_size=2)).map("".join)
words = st.lists(letters, min_size=1, max_size=12).map("".join)
texts = st.lists(st.lists(words, min_size=1, max_size=7).map(" ".join), min_size=1, max_size=6).map("\n".join)
labels = st.lists(bases, min_size=1, max_size=16).map("".join)
screens = st.builds(
    Screen,
    text=texts,
    options=st.lists(labels, max_size=14).map(lambda them: tuple((str(n + 10), each) for n, each in enumerate(them))),
    back=st.booleans(),
)
budgets = st.builds(Budget, septets=st.integers(60, 182), ucs2=st.integers(50, 80))


def options_of(page: str, screen: Screen) -> list[str]:
    lines = page.split("\n")
    return [f"{key} {label}" for key, label in screen.options if f"{key} {label}" in lines]


@given(screens, budgets)
@settings(max_examples=150, deadline=None)
def test_every_page_fits_and_every_option_is_on_one_page_in_order(screen: Screen, budget: Budget) -> None:
    assume(len(set(screen.options)) == len(screen.options))
    assume(not any(f"{key} {label}" in screen.text.split("\n") for key, label in screen.options))
    cut = pages(screen, budget, MORE, BACK)
    assert all(budget.fits(page) for page in cut), cut
    shown = [option for page in cut for option in options_of(page, screen)]
    assert shown == [f"{key} {label}" for key, label in screen.options]


@given(screens, budgets)
@settings(max_examples=100, deadline=None)
def test_every_page_but_the_last_leads_on_and_every_later_page_leads_back(screen: Screen, budget: Budget) -> None:
    cut = pages(screen, budget, MORE, BACK)
    for number, page in enumerate(cut):
        lines = page.split("\n")
        assert (f"8 {MORE}" in lines[-2:]) == (number + 1 < len(cut)) or f"8 {MORE}" in screen.text
        assert (lines[-1] == f"0 {BACK}") == (screen.back or number > 0)


@given(texts, budgets)
@settings(max_examples=100, deadline=None)
def test_a_text_keeps_every_letter_with_its_marks(text: str, budget: Budget) -> None:
    cut = pages(Screen(text), budget, MORE, BACK)
    bodies = ["\n".join(line for line in page.split("\n") if line not in (f"8 {MORE}", f"0 {BACK}")) for page in cut]
    joined = "\n".join(bodies)
    assert [c for c in joined if not c.isspace()] == [c for c in text if not c.isspace()]
    kept = [cluster for body in bodies for part in body.split() for cluster in clusters(part)]
    assert kept == list(clusters(text.replace(" ", "").replace("\n", "")))


@pytest.mark.parametrize("budget", [ARABIC, LATIN])
def test_options_on_a_later_page_have_the_prompt_above_them(budget: Budget) -> None:
    options = tuple((str(number), "خيار طويل من خيارات كثيرة") for number in range(1, 8))
    cut = pages(Screen("ما نوع الخدمة؟", options), budget, MORE, BACK)
    assert len(cut) > 1
    assert all(page.startswith("ما نوع الخدمة؟\n") for page in cut)


def test_a_last_option_is_not_left_alone() -> None:
    options = tuple((str(number), "خيار اول") for number in range(1, 6))
    budget = next(
        Budget(182, size)
        for size in range(80, 40, -1)
        if len(pages(Screen("نوع؟", options), Budget(182, size), MORE, BACK)) == 2
    )
    first, last = pages(Screen("نوع؟", options), budget, MORE, BACK)
    assert sum("خيار" in line for line in last.split("\n")) >= 2
    assert "8 المزيد" in first


@given(
    st.text("اب a€[\n\U0001f600\u0301", max_size=200),
    st.integers(30, 90),
    st.integers(0, 60),
    st.sampled_from(["8 المزيد", "8 More", "8 \U0001f600"]),
)
def test_what_is_measured_at_a_glance_is_cut_as_what_is_measured_word_by_word(
    text: str, size: int, septets: int, more: str
) -> None:
    budget, options = Budget(2 * size + septets, size), ["1 نعم", "2 لا", "3 [a]"]
    quick = _Cut(budget, more, "0 رجوع", ["0 €"], "\n".join([text, *options, "0 €"]))
    slow = _Cut(budget, more, "0 رجوع", ["0 €"], "")
    slow._is_within, slow._fits_in_pieces = budget.fits, False
    assert quick.of(text, options) == slow.of(text, options)
