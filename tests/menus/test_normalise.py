"""One key for every spelling of a keyword."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.normalise import fold, tidy


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("حالة", "حاله"),
        ("حاله", "حاله"),
        ("متابعة", "متابعه"),
        ("وين   معاملتي؟", "وين معاملتي"),
        ("مساعدة", "مساعده"),
        ("مُساعدة", "مساعده"),
        ("مســاعدة", "مساعده"),
        ("مساعدةةةة", "مساعده"),
        ("ﻣﺴﺎﻋﺪﺓ", "مساعده"),
        ("\u200fمساعدة\u200e", "مساعده"),
        ("؟", ""),
        ("...!", ""),
        ("", ""),
        ("شكوى", "شكوي"),
        ("شكوی", "شكوي"),
        ("شكوة", "شكوه"),
        ("ماء", "ما"),
        ("الماء", "الما"),
        ("إلغاء", "الغا"),
        ("الغاء", "الغا"),
        ("ألغي", "الغي"),
        ("بدء", "بد"),
        ("ابدأ", "ابدا"),
        ("إيقاف", "ايقاف"),
        ("كوردی", "كوردي"),
        ("کردی", "كردي"),
        ("مسؤول", "مسوول"),
        ("شارع گلگامش", "شارع كلكامش"),
        ("پچڤ", "بجف"),
        ("\u0627\u0654\u0644\u063a\u0627\u0621", "الغا"),  # hamza as a mark of its own
        ("Stop. Thank you", "stop thank you"),
        ("HELppp!!!", "help"),
        ("ＨＥＬＰ", "help"),
        ("٢٤٨٣-٩١٧٤", "2483 9174"),
        ("24839174*1", "24839174 1"),
        ("1111", "1111"),  # digits are never shortened
        ("a_b", "a b"),
        ("aa", "aa"),
    ],
)
def test_spelling_is_folded_to_the_key(written: str, key: str) -> None:
    assert fold(written) == key


def test_tidying_keeps_letters_and_case_but_no_unseen_marks() -> None:
    assert tidy(" \u200fقطعة  ١٢ مُهمّة\x00Ab\ud800 ") == "قطعة  12 مهمة Ab"


@given(st.text())
def test_a_key_is_words_one_space_apart_and_any_text_has_one(text: str) -> None:
    key = fold(text)
    assert key == " ".join(key.split())
    assert fold(f"؟ {text} .") == key


@given(st.text("ابتةىيئءأإآٱؤـًُّ\u200f abAB123١٢٣.,؟", max_size=40))
def test_folding_a_key_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
