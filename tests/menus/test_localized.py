"""A text with its placeholders filled."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.localized import fill

WORDS = {"place": "البصرة", "value": "12", "due": ""}
pieces = st.sampled_from(["{place}", "{value}", "{due}", "{", "}", "{}", "{Place}", "رقم ", "A", "\n"])
"""No two of them make another placeholder."""


@given(st.lists(pieces).map("".join))
def test_every_placeholder_is_replaced_and_nothing_else(text: str) -> None:
    assert fill(text, WORDS) == re.sub(r"\{([a-z_]+)\}", lambda found: WORDS[found.group(1)], text)


def test_a_value_that_is_no_text_is_written_out() -> None:
    assert fill("{try}/{tries}", {"try": 2, "tries": 3}) == "2/3"


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="due"):
        fill("until {due}", {"place": "Basra"})
