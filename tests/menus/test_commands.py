"""What an SMS means, read with the keywords that are shipped."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from menus import references
from menus.commands import Command, Grammar, KeywordError

SHIPPED: dict[str, Any] = YAML(typ="safe", pure=True).load(Path(__file__).parents[2] / "config" / "keywords.yaml")
grammar = Grammar.load(SHIPPED)


@pytest.mark.parametrize(
    ("intent", "written"),
    [
        ("STATUS", "حالة|حاله|متابعة|معاملتي|طلبي|وين معاملتي|وين معاملتي؟|الحالة|STATUS|status.|my request"),
        ("HELP", "مساعدة|مُساعدة|مســاعدة|ساعدوني|هلب|؟|?|||...| \n |HELP|help me please|INFO|المساعدة|\u200f|👍"),
        ("COMPLAINT", "شكوى|شكوه|شكوا|شكوة|شكوی|شكاوى|الشكوى|COMPLAINT|complain"),
        ("WATER", "ماء|ماي|مي|الماء|مويه|WATER|Water please|ماء لو سمحت|السلام عليكم ماء"),
        ("PERMIT", "بناء|اجازة بناء|إجازة بناء|permit|Building permit"),
        ("SCHOOL", "مدرسة|تسجيل طالب|المدرسة|SCHOOL"),
        ("FARMING", "زراعة|الزراعة|بذور واسمدة|حصتي|FARMING|fertiliser"),
        ("CANCEL", "الغاء|إلغاء|الغا|الغي|ألغي|سحب|CANCEL|withdraw|الغاء الطلب"),
        ("YES", "نعم|اي|إي|ايه|اوكي|موافق|تمام|YES|y|Ok|نعم شكرا|نعععم"),
        ("NO", "لا|كلا|رفض|NO|n|لا شكرا|لااااا"),
        ("APPEAL", "اعتراض|إعتراض|تظلم|طعن|APPEAL|الاعتراض"),
        ("STOP", "ايقاف|إيقاف|قف|توقف|STOP|stop!|Stop. Thank you|STOP ALL|UNSUBSCRIBE|quit|please stop"),
        ("START", "بدء|ابدأ|بدا|START|start"),
        ("LANG", "لغة|انكليزي|إنكليزي|انجليزي|english|ENGLISH|كردي|كوردی|LANGUAGE|arabic|عربي|اللغة"),
    ],
)
def test_citizens_words_mean_their_intent(intent: str, written: str) -> None:
    for text in written.split("|"):
        assert (grammar.parse(text).intent, grammar.parse(text).reference) == (intent, None), text


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("24839174", Command("REFERENCE", "24839174")),
        ("2483 9174", Command("REFERENCE", "24839174")),
        ("٢٤٨٣-٩١٧٤", Command("REFERENCE", "24839174")),
        ("٢٤٨٣ـ٩١٧٤؟", Command("REFERENCE", "24839174")),
        ("السلام عليكم 24839174", Command("REFERENCE", "24839174", language="ar")),
        ("24839174 please", Command("REFERENCE", "24839174", language="en")),
        ("رقم الطلب 24839174", Command("STATUS", "24839174", language="ar")),
        ("24839174 1", Command("ANSWER", "24839174", "1")),
        ("1 24839174", Command("ANSWER", "24839174", "1")),
        ("24839174*1", Command("ANSWER", "24839174", "1")),
        ("١ ٢٤٨٣-٩١٧٤", Command("ANSWER", "24839174", "1")),
        ("2483 9174 1985", Command("ANSWER", "24839174", "1985")),
        ("24839174 15/09", Command("ANSWER", "24839174", "15/09")),
        ("24839174 قطعة ١٢", Command("ANSWER", "24839174", "قطعة 12", "ar")),
        ("1", Command("ANSWER", None, "1")),
        (" ٢. ", Command("ANSWER", None, "2")),
        ("#1", Command("ANSWER", None, "1")),
        ("1 2", Command("ANSWER", None, "1 2")),
        ("201905", Command("ANSWER", None, "201905")),
        ("2019/05", Command("ANSWER", None, "2019/05")),
        ("1985 1234 5678", Command("ANSWER", None, "198512345678")),
        ("0770 123 4567", Command("ANSWER", None, "07701234567")),
        ("24839175", Command("BAD_REFERENCE", None, "24839175")),
        ("STOP 24839175", Command("BAD_REFERENCE", None, "STOP 24839175", "en")),
        ("STOP 24839174", Command("STOP", "24839174", None, "en")),
        ("24839174 stop", Command("STOP", "24839174", None, "en")),
        ("CANCEL 24839174", Command("CANCEL", "24839174", None, "en")),
        ("الغاء ٢٤٨٣٩١٧٤", Command("CANCEL", "24839174", None, "ar")),
        ("24839174 نعم", Command("YES", "24839174", None, "ar")),
        ("WATER new", Command("UNKNOWN", None, "WATER new", "en")),
        ("شكوى: الماء مقطوع!", Command("COMPLAINT", None, "الماء مقطوع", "ar")),
        ("اعتراض 24839174 السند حديث", Command("APPEAL", "24839174", "السند حديث", "ar")),
        ("english", Command("LANG", None, "en", "en")),
        ("عربي", Command("LANG", None, "ar", "ar")),
        ("انكليزي", Command("LANG", None, "en", "ar")),
        ("کوردی", Command("LANG", None, "ku", "ar")),
        ("لغة", Command("LANG", None, None, "ar")),
        ("قطعة ١٢٣٤", Command("UNKNOWN", None, "قطعة 1234", "ar")),
        ("what now", Command("UNKNOWN", None, "what now", "en")),
        ("Привет", Command("UNKNOWN", None, "Привет")),
        ("شكرا", Command("THANKS", None, "شكرا", "ar")),
        ("السلام عليكم", Command("HELP", language="ar")),
        ("اريد الغي طلبي", Command("CANCEL", None, None, "ar")),
        ("cancel the flight", Command("UNKNOWN", None, "cancel the flight", "en")),
        ("sotp", Command("STOP", None, None, "en", meant="STOP")),
        ("ايقف", Command("STOP", None, None, "ar", meant="ايقاف")),
        ("اي موافق", Command("YES", None, None, "ar")),
        ("on", Command("UNKNOWN", None, "on", "en")),
    ],
)
def test_a_message_is_read_whole(text: str, command: Command) -> None:
    assert grammar.parse(text) == command


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("stop the leak", "UNKNOWN"),
        ("لا يوجد ماء", "UNKNOWN"),
        ("no water here", "UNKNOWN"),
        ("موافق بشرط", "UNKNOWN"),
        ("رقم القطعة 1234", "UNKNOWN"),
        ("مدرسة النور", "UNKNOWN"),
    ],
)
def test_words_that_begin_ordinary_sentences_count_only_alone(text: str, intent: str) -> None:
    assert grammar.parse(text) == Command(intent, None, text, grammar.parse(text).language)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("ما هي حالة طلبي", "STATUS"),  # 'what is …', not water
        ("الماء مقطوع منذ يومين", "COMPLAINT"),
        ("توقف الماء منذ يومين", "COMPLAINT"),  # 'the water stopped …', not an opt-out
        ("شصار بمعاملتي ليش تأخرت", "STATUS"),
        ("I want to complain about water", "COMPLAINT"),
    ],
)
def test_a_sentence_is_read_by_the_words_that_tell(text: str, intent: str) -> None:
    assert grammar.parse(text).intent == intent


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("حالة 24839174 و ايقاف", ["STATUS", "STOP"]),
        ("STOP. English", ["STOP", "LANG"]),
        ("24839174\n57120487", ["REFERENCE", "REFERENCE"]),
        ("24839174 57120487", ["REFERENCE", "REFERENCE"]),
        ("شكوى، الماء مقطوع", ["COMPLAINT"]),
        ("24839174, 1", ["ANSWER"]),
        ("Stop. Thank you", ["STOP"]),
        ("no, I mean yes, no", ["UNKNOWN"]),
        ("نعم و لا", ["YES", "NO"]),
    ],
)
def test_several_requests_in_one_message_are_read_apart(text: str, intents: list[str]) -> None:
    assert [command.intent for command in grammar.read(text)] == intents


def keywords(**intents: object) -> dict[str, object]:
    return {"intents": intents}


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (keywords(A={"words": {"ar": ["حالة"]}}, B={"words": {"ar": ["حاله"]}}), "both A and B"),
        (keywords(L={"words": {}, "values": {"en": ["X"], "ar": ["x"]}}), "both L en and L ar"),
        (keywords(A={"words": {"en": ["please"]}}) | {"polite": {"en": ["Please"]}}, "both A and polite"),
        (keywords(A={"words": {"en": ["?"]}}), "empty once folded"),
        (keywords(ANSWER={"words": {"en": ["x"]}}), "ANSWER is not for keywords"),
        (keywords(A={"words": {"en": ["x"]}, "whole_only": ["z"]}), "A.whole_only has 'z'"),
    ],
)
def test_contradicting_keywords_are_refused_by_name(mapping: object, says: str) -> None:
    with pytest.raises(KeywordError, match=says):
        Grammar.load(mapping)


@pytest.mark.parametrize(
    "mapping",
    [None, [], {}, keywords(A=["x"]), keywords(A={"words": {"en": [1]}}), keywords(A={"words": {}, "whole": True})],
)
def test_keywords_of_another_shape_are_refused(mapping: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Grammar.load(mapping)


def test_a_grammar_without_words_still_reads_numbers() -> None:
    empty = Grammar.load({"intents": {}})
    assert empty.parse("24839174 1") == Command("ANSWER", "24839174", "1")
    assert empty.parse("").intent == "HELP"
    assert empty.parse("STOP").intent == "UNKNOWN"


def test_every_shipped_word_alone_means_its_intent() -> None:
    for name, intent in SHIPPED["intents"].items():
        for words in (*intent["words"].values(), *intent.get("values", {}).values()):
            assert {grammar.parse(word).intent for word in words} == {name}


words = st.sampled_from(
    ["STOP", "ماء", "شكوى", "please", "1", "24839174", "2483 9174", "24839175", "ال", "ء", "*", "\u200f"]
)


@given(st.text() | st.lists(words | st.text(max_size=5), max_size=8).map(" ".join))
def test_no_text_makes_it_raise(text: str) -> None:
    command = grammar.parse(text)
    assert command.reference is None or references.is_reference(command.reference)
    assert command.value is None or (command.value == command.value.strip() != "" and "\x00" not in command.value)


@given(st.integers(2_000_000, 9_999_999), st.sampled_from(["STOP", "CANCEL", "اعتراض", "نعم"]), st.booleans())
def test_a_keyword_and_a_reference_stand_in_any_order(seven: int, word: str, first: bool) -> None:
    reference = references.make(seven)
    command = grammar.parse(f"{word} {reference}" if first else f"{reference} {word}")
    assert (command.intent, command.reference) == (grammar.parse(word).intent, reference)
