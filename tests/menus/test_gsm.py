"""Text on the air: alphabet, length, SMS parts and USSD packing."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus import gsm
from menus.gsm import Budget

PLAIN = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
gsm_text = st.text(st.sampled_from(PLAIN + EXTENDED), max_size=400)
any_text = st.text(
    st.sampled_from("ab\n€[ماءتً\u0301\u200d\U0001f3fd\U0001f468\U0001f33e") | st.characters(), max_size=300
)


def unpack(octets: bytes) -> str:
    """What a handset shows of a packed string, written from TS 23.038 §6.1.2.3 apart from the packer."""
    bits = "".join(f"{octet:08b}"[::-1] for octet in octets)
    codes = [int(bits[at : at + 7][::-1], 2) for at in range(0, len(bits) - 6, 7)]
    if codes and len(bits) % 7 == 0 and codes[-1] == 0x0D:
        codes.pop()
    table = dict(enumerate(PLAIN[:27] + "\x1b" + PLAIN[27:]))
    second = dict(zip((0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), EXTENDED, strict=True))
    shown, escaped = "", False
    for code in codes:
        shown += "" if code == 0x1B else (second if escaped else table)[code]
        escaped = code == 0x1B
    return shown


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("hello", 5),
        (PLAIN, 127),
        (EXTENDED, 20),
        ("a€", 3),
        ("ç", 1),  # Ç is in the alphabet, ç is not
        ("a`", 2),
        ("\x1b", 1),
        ("خدمات", 5),
        ("a€خ", 3),  # one Arabic letter and the euro costs one unit, like everything else
        ("مُ", 2),
        ("\U0001f600", 2),
        ("\ud83d", 1),
    ],
)
def test_a_text_costs_what_the_network_counts(text: str, units: int) -> None:
    assert gsm.cost(text) == units


@pytest.mark.parametrize("char", ["ç", "`", "’", "ء", "\x1b", "\t", "\u200f", "٣", "\U0001f600"])
def test_one_character_outside_the_tables_is_not_gsm(char: str) -> None:
    assert not gsm.is_gsm("a" + char)


def test_the_whole_alphabet_is_gsm() -> None:
    assert gsm.is_gsm(PLAIN + EXTENDED)
    assert gsm.is_gsm("")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 153, 3),  # 306 septets, but a part of 153 holds only 76 pairs
        ("م" * 70, 1),
        ("م" * 71, 2),
        ("م" * 134, 2),
        ("م" * 135, 3),
        ("\U0001f600" * 35, 1),
        ("\U0001f600" * 67, 3),  # 134 units, but a part of 67 holds only 33 pairs
    ],
)
def test_segments_are_walked_not_divided(text: str, count: int) -> None:
    assert gsm.segments(text) == count


def test_an_escape_pair_on_the_border_moves_to_the_next_part() -> None:
    assert gsm.sms_parts("a" * 152 + "€" + "b" * 20) == ["a" * 152, "€" + "b" * 20]


def test_a_letter_keeps_its_mark_on_the_border() -> None:
    assert gsm.sms_parts("م" * 66 + "مُ" + "م" * 9) == ["م" * 66, "مُ" + "م" * 9]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("ab", ["a", "b"]),
        ("مُسَا", ["مُ", "سَ", "ا"]),
        ("e\u0301\u0302x", ["e\u0301\u0302", "x"]),
        ("\U0001f468\u200d\U0001f33e!", ["\U0001f468\u200d\U0001f33e", "!"]),
        ("\U0001f44d\U0001f3fd1", ["\U0001f44d\U0001f3fd", "1"]),
        ("\u2764\ufe0fx", ["\u2764\ufe0f", "x"]),
    ],
)
def test_clusters_are_what_a_reader_sees_as_one(text: str, pieces: list[str]) -> None:
    assert list(gsm.clusters(text)) == pieces


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("", ""),
        ("hello", "E8329BFD06"),
        ("*100#", "AA180C3602"),
        ("1234567", "31D98C56B3DD1A"),  # seven spare bits: CR, not '@'
        ("1234567\r", "31D98C56B3DD1A0D"),  # a wanted CR on the border is doubled
        ("€", "9B32"),
    ],
)
def test_ussd_strings_are_packed_as_the_standard_says(text: str, packed: str) -> None:
    assert gsm.pack_ussd(text).hex().upper() == packed


def test_a_ussd_string_of_160_octets_holds_182_septets() -> None:
    assert [len(gsm.pack_ussd("a" * count)) for count in (182, 183)] == [160, 161]


def test_packing_refuses_what_is_not_gsm() -> None:
    with pytest.raises(ValueError, match="ء"):
        gsm.pack_ussd("aء")


@pytest.mark.parametrize(
    ("text", "room"),
    [("", 182), ("a" * 182, 0), ("€" * 91, 0), ("a" * 183, -1), ("م", 79), ("م" * 80, 0), ("م" + "a" * 80, -1)],
)
def test_a_budget_knows_the_room_left_in_the_alphabet_of_the_text(text: str, room: int) -> None:
    ussd = Budget(septets=182, ucs2=80)
    assert ussd.room(text) == room
    assert ussd.fits(text) is (room >= 0)


@given(gsm_text)
def test_what_is_packed_is_what_is_shown(text: str) -> None:
    octets = gsm.pack_ussd(text)
    on_border = gsm.septets(text) % 8 == 0 and text.endswith("\r")
    assert unpack(octets) == (text + "\r" if on_border else text)
    assert len(octets) == (gsm.septets(text) * 7 + 7) // 8 + on_border


@given(gsm_text | any_text)
def test_parts_join_to_the_text_and_each_fits(text: str) -> None:
    parts = gsm.sms_parts(text)
    limit = (160, 70) if len(parts) == 1 else (153, 67)
    measure = gsm.septets if gsm.is_gsm(text) else gsm.utf16_units
    assert "".join(parts) == text
    assert len(parts) == gsm.segments(text)
    assert all(measure(part) <= limit[not gsm.is_gsm(text)] for part in parts)
    assert all(parts) or text == ""


@given(any_text)
def test_clusters_join_to_the_text_and_none_is_cut_by_a_part(text: str) -> None:
    pieces = list(gsm.clusters(text))
    assert "".join(pieces) == text
    if all(gsm.utf16_units(piece) <= 67 for piece in pieces):
        borders = set(accumulate(map(len, pieces), initial=0))
        assert set(accumulate(map(len, gsm.sms_parts(text)), initial=0)) <= borders


@given(any_text | gsm_text, st.integers(1, 200), st.integers(1, 200))
def test_a_text_fits_when_it_costs_no_more_than_its_alphabet_has_room(text: str, septets: int, ucs2: int) -> None:
    room = septets if gsm.is_gsm(text) else ucs2
    assert Budget(septets, ucs2).fits(text) == (gsm.cost(text) <= room)
    assert Budget(septets, ucs2).room(text) == room - gsm.cost(text)
