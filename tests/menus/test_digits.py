"""Numbers typed in any digits are read or refused, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus import digits


@pytest.mark.parametrize("typed", ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９", "०१२३४५६७८९"])
def test_any_decimal_digits_are_plain_ones(typed: str) -> None:
    assert digits.ascii_digits(typed) == "0123456789"


@pytest.mark.parametrize("text", ["", "²", "½", "①", "Ⅷ", "قطعة", "a/b"])
def test_what_is_no_decimal_digit_stays(text: str) -> None:
    assert digits.ascii_digits(text) == text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1234", "1234"),
        ("٢٤٨٣-٩١٧٤", "24839174"),
        ("2483 9174", "24839174"),
        ("٢٤٨٣ـ٩١٧٤", "24839174"),
        ("2483_9174", "24839174"),
        ("2483 – 9174\n", "24839174"),
        ("\u200f2483\u200e9174\u202c", "24839174"),
        ("0012", "0012"),
        ("123", None),
        ("1" * 13, None),
        ("-1234", None),
        ("1234-", None),
        ("12.34", None),
        ("12/34", None),
        ("123²", None),
        ("1234a", None),
        ("", None),
        ("  ", None),
    ],
)
def test_only_digits_of_the_right_length_are_taken(typed: str, read: str | None) -> None:
    assert digits.only_digits(typed, 4, 12) == read


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("200", 200),
        (" ٢٠٠ ", 200),
        ("0200", 200),
        ("2,500", 2500),
        ("2 500", 2500),
        ("٢٬٥٠٠", 2500),
        ("\u200f5", 5),
        ("1", 1),
        ("5000", 5000),
        ("5001", None),
        ("0", None),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("2,5", None),
        ("1 2", None),
        ("1_000", None),
        ("²", None),
        ("3e2", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_a_whole_number_is_within_its_bounds(typed: str, number: int | None) -> None:
    assert digits.to_int(typed, 1, 5000) == number


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("201905", "201905"),
        ("٢٠١٩٠٥", "201905"),
        ("2019/05", "201905"),
        ("2019-5", "201905"),
        ("5/2019", "201905"),
        ("05 2019", "201905"),
        ("2019.12", "201912"),
        ("201900", None),
        ("201913", None),
        ("189912", None),
        ("19055", None),
        ("2019/005", None),
        ("2019/", None),
        ("2019/5/1", None),
        ("2019²5", None),
        ("", None),
    ],
)
def test_a_birth_month_is_read_in_the_forms_people_write(typed: str, read: str | None) -> None:
    assert digits.year_month(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("15/09", "15/09"),
        ("١٥/٩", "15/09"),
        ("1509", "15/09"),
        ("5-9", "05/09"),
        ("5.9", "05/09"),
        ("29/02", "29/02"),
        ("30/02", None),
        ("31/04", None),
        ("09/15", None),
        ("0/9", None),
        ("159", None),
        ("15/09/2026", None),
        ("", None),
    ],
)
def test_a_day_is_one_that_some_year_has(typed: str, read: str | None) -> None:
    assert digits.day_month(typed) == read


@given(st.text())
def test_no_text_makes_a_reader_raise(text: str) -> None:
    read = digits.only_digits(text, 1, 20)
    assert read is None or (read.isascii() and read.isdecimal())
    assert (digits.to_int(text, 0, 9) or 0) in range(10)
    digits.year_month(text)
    digits.day_month(text)
