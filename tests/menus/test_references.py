"""The citizen's number: made, checked, and found in a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus import references
from menus.references import Parsed

numbers = st.integers(2_000_000, 9_999_999)


@pytest.mark.parametrize(("seven", "reference"), [(2483917, "24839174"), (5712048, "57120487"), (2000000, "20000006")])
def test_a_reference_is_seven_digits_and_a_check_digit(seven: int, reference: str) -> None:
    assert references.make(seven) == reference
    assert references.is_reference(reference)


@pytest.mark.parametrize("seven", [1_999_999, 10_000_000, 0, -2_483_917])
def test_no_reference_is_made_outside_its_numbers(seven: int) -> None:
    with pytest.raises(ValueError, match="seven digits"):
        references.make(seven)


@pytest.mark.parametrize(
    "text", ["", "2483917", "248391740", "24839175", "٢٤٨٣٩١٧٤", "2483917²", "00000000", "24839174\n"]
)
def test_what_is_not_exactly_a_reference_is_none(text: str) -> None:
    assert not references.is_reference(text)


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        ("24839174", Parsed("valid", "24839174", "")),
        ("٢٤٨٣-٩١٧٤", Parsed("valid", "24839174", "")),
        ("۲۴۸۳ ۹۱۷۴", Parsed("valid", "24839174", "")),
        ("\u200f24839174\u200e ", Parsed("valid", "24839174", "")),
        ("24839175", Parsed("bad", "24839175", "")),
        ("00000000", Parsed("bad", "00000000", "")),
        ("24839174 1", Parsed("none", None, "24839174 1")),
        ("2483917", Parsed("none", None, "2483917")),
        ("", Parsed("none", None, "")),
    ],
)
def test_a_typed_reference_is_right_wrong_or_none(typed: str, parsed: Parsed) -> None:
    assert references.parse(typed) == parsed


@pytest.mark.parametrize(
    ("message", "kind", "digits", "rest"),
    [
        ("24839174 1", "valid", "24839174", "1"),
        ("1 24839174", "valid", "24839174", "1"),
        ("1 2483 9174", "valid", "24839174", "1"),
        ("2483-9174-1", "valid", "24839174", "-1"),
        ("1 2483917 4", "valid", "24839174", "1"),
        ("طلب٢٤٨٣٩١٧٤", "valid", "24839174", "طلب"),
        ("24839175 24839174", "valid", "24839174", "24839175"),
        ("24839174 1985", "valid", "24839174", "1985"),
        ("2483 9174 1985", "valid", "24839174", "1985"),
        ("STOP 24839175", "bad", "24839175", "STOP"),
        ("24839175 1985", "bad", "24839175", "1985"),
        ("198512345678", "none", None, "198512345678"),
        ("1985 1234 5678", "none", None, "1985 1234 5678"),
        ("7701 2345 67", "none", None, "7701 2345 67"),
        ("0770 1234 567", "none", None, "0770 1234 567"),
        ("248391745", "none", None, "248391745"),
        ("15/09/2026", "none", None, "15/09/2026"),
        ("ماء", "none", None, "ماء"),
    ],
)
def test_a_reference_is_found_among_other_words_and_numbers(message: str, kind: str, digits: str, rest: str) -> None:
    found = references.find(message)
    assert (found.kind, found.digits, found.rest) == (kind, digits, rest)


@given(numbers)
def test_every_slip_of_one_digit_and_every_swap_of_neighbours_is_refused(seven: int) -> None:
    right = references.make(seven)
    slips = {right[:at] + digit + right[at + 1 :] for at in range(8) for digit in "0123456789"}
    swaps = {right[:at] + right[at + 1] + right[at] + right[at + 2 :] for at in range(7)}
    assert references.is_reference(right)
    assert all(references.parse(wrong).kind == "bad" for wrong in (slips | swaps) - {right})


@given(numbers, st.sampled_from([" ", "-", "*", ": ", "\n", "/"]), st.sampled_from("123456789"), st.booleans())
def test_a_choice_stands_before_or_after(seven: int, between: str, choice: str, first: bool) -> None:
    reference = references.make(seven)
    found = references.find(choice + between + reference if first else reference + between + choice)
    assert (found.kind, found.digits) == ("valid", reference)
    assert found.rest.strip(" -*:/\n") == choice


@given(st.text() | st.text("0123456789 -*٣", max_size=60))
def test_no_message_makes_it_raise(text: str) -> None:
    references.parse(text)
    found = references.find(text)
    assert (found.digits is None) == (found.kind == "none")
