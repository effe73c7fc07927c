"""How far apart two spellings are, and which known word was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.typos import distance, nearest


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [("stop", "stop", 0), ("stop", "sotp", 1), ("stop", "stp", 1), ("stop", "stoop", 1), ("شكوي", "سكوي", 1),
     ("water", "later", 1), ("cancel", "kansel", 2), ("yes", "nope", 3)],
)  # fmt: skip
def test_letters_added_left_out_changed_or_swapped_are_slips(a: str, b: str, apart: int) -> None:
    assert distance(a, b, 2) == apart
    assert distance(b, a, 2) == apart


@pytest.mark.parametrize(
    ("word", "meant"),
    [("sotp", ["stop"]), ("on", []), ("nn", []), ("unsubscirb", ["unsubscribe"]), ("stop it", []), ("cancel now", [])],
)
def test_a_slip_is_of_a_long_enough_word_and_of_as_many_words(word: str, meant: list[str]) -> None:
    assert nearest(word, ["stop", "no", "unsubscribe", "cancel request"]) == meant


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_nothing_is_nearer_than_its_difference_in_length(a: str, b: str) -> None:
    assert distance(a, b, 8) >= abs(len(a) - len(b))
    assert (distance(a, b, 8) == 0) == (a == b)
