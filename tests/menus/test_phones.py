"""One spelling for a phone, however it was typed or sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus import phones

MOBILE = "+9647701234567"


@pytest.mark.parametrize(
    "typed",
    [
        "07701234567",
        "7701234567",
        "009647701234567",
        "9647701234567",
        "+9647701234567",
        "0770 123 4567",
        "0770-123-4567",
        "+964 (0)770 123 4567",
        "٠٧٧٠١٢٣٤٥٦٧",
        "۰۷۷۰۱۲۳۴۵۶۷",
        "+٩٦٤٧٧٠١٢٣٤٥٦٧",
        "\u202a+9647701234567\u202c",
    ],
)
def test_every_iraqi_form_is_one_number(typed: str) -> None:
    assert phones.to_e164(typed) == MOBILE


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+254711000001", "+254711000001"),
        ("00447400123456", "+447400123456"),
        ("043321234", "+96443321234"),
        ("07101234567", None),  # 071 is no Iraqi network
        ("077012345", None),
        ("0770123456789", None),
        ("0770CALLMEX", None),
        ("call 07701234567 now", None),
        ("+9647701234567;ext=5", None),
        ("5599", None),
        ("+", None),
        ("", None),
        ("7" * 5000, None),
    ],
)
def test_a_number_is_taken_only_when_it_is_valid(typed: str, number: str | None) -> None:
    assert phones.to_e164(typed) == number


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("+9647701234567", MOBILE),
        (" 9647701234567", MOBILE),  # a raw '+' decoded as a space
        ("9647701234567", MOBILE),
        ("07701234567", MOBILE),
        (" 07701234567", MOBILE),
        (" +9647701234567 ", MOBILE),
        ("+96407701234567", MOBILE),
        ("+254700000001", "+254700000001"),
        ("254711000001", "+254711000001"),
        ("+99912345678", "+99912345678"),  # unknown to the library; the network says that it is there
        ("+9647101234567", "+9647101234567"),
        ("+0123456789", None),
        ("+12345", None),
        ("+1234567890123456", None),
        ("MISSAN", None),
        (" MISSAN", None),
        ("5599", None),
        ("", None),
        (" ", None),
    ],
)
def test_the_network_is_believed_about_its_own_numbers(sent: str, number: str | None) -> None:
    assert phones.from_wire(sent) == number


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        (MOBILE, "+9647…67"),
        ("+254700000001", "+2547…01"),
        ("+12025550123", "+12…23"),
        ("+447400123456", "+447…56"),
        ("+99912345678", "+9991…78"),
        ("+9641234", "+9641…"),
        ("07701234567", "…"),
        ("MISSAN", "…"),
        ("", "…"),
    ],
)
def test_a_log_shows_the_country_and_the_ends(phone: str, shown: str) -> None:
    assert phones.mask(phone) == shown


@given(st.text() | st.from_regex(r"[ +]?[0-9 ()-]{0,20}", fullmatch=True))
def test_no_text_makes_it_raise_and_what_is_read_is_e164(text: str) -> None:
    for read in (phones.to_e164(text), phones.from_wire(text)):
        assert read is None or phones.from_wire(read) == read
        assert read is None or (read[0] == "+" and read[1:].isdecimal() and read.isascii())
    phones.mask(text)
