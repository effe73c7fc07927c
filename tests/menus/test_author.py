"""What loads and should not be written: `python -m gateway check` names it, with its file and place."""

from pathlib import Path

import pytest

from menus.authoring import faults
from menus.load import load_content
from tests.author import Edit, edited

WATER, SCHOOL = "services/water.yaml", "services/school.yaml"
TEXTS, MENUS, PROFILE, SHARED = "texts.yaml", "menus.yaml", "profile.yaml", "workflow.yaml"
EMPTY = "  empty: {prompt: {ar: فارغ, en: Empty}, items: []}\n"


@pytest.mark.parametrize(
    ("file", "edits", "said"),
    [
        (PROFILE, [("رقم البطاقة الوطنية (12 رقما)", "Card number")], "questions.1.prompt: a Latin letter in Arabic"),
        (WATER, [("{ar: تغيير, en: Change date}", "{ar: تغيير, en: تغيير}")], "workflow.moves.5.label: an Arabic lett"),
        (SHARED, [("{ar: سحب, en: Withdraw}", "{ar: Withdraw, en: Withdraw}")], "moves.6.move.label: Arabic and Engl"),
        (WATER, [("en: no network near", "en: لا شبكة قريبة")], "reasons.no_network: an Arabic letter"),
        (WATER, [("ar: ديون سابقة", "ar: arrears")], "reasons.arrears: Arabic and English are the same"),
        (WATER, [("ar: بطاقة السكن", "ar: بطاقة Residence")], "documents.1: a Latin letter in Arabic"),
        ("directorates.yaml", [("ar: ماء ميسان", "ar: Missan Water")], "water.short: Arabic and English are the same"),
        ("places.yaml", [("ar: كميت", "ar: Kumayt")], "subdistricts.11: Arabic and English are the same"),
        (WATER, [("{ar: تغيير, en: Change date}", "{ar: قبول, en: Accept}")], "accept_visit and change have the same"),
        (WATER, [("{ar: تغيير, en: Change date}", "{ar: شكوى عنه, en: Complain}")], "line have the same label (ar)"),
        (WATER, [("    data: personal\n", "")], "questions.4: account: typed, but no data class"),
        (SCHOOL, [("    data: personal\n", "    data: open\n")], "birth: a birth is about a person"),
        (
            SCHOOL,
            [("    data: sensitive\n", "    data: open\n")],
            "child_card: a number like a national card's",
        ),
        (
            WATER,
            [('    special: {key: "0", id: unknown', "    default: '1'\n    special: {key: \"0\", id: unknown")],
            "water.plot: there is no way back",
        ),
        (
            MENUS,
            [("cases: inputs}", "menu: empty}"), ("shortcuts:\n", f"{EMPTY}shortcuts:\n")],
            "menus.empty: a dead end, nothing can be chosen",
        ),
        (
            MENUS,
            [("service: water}", "cases: water}"), ('  "21": {service: water}\n', "")],
            "no line of a menu that can be reached and no shortcut leads to this service",
        ),
    ],
)
def test_what_should_not_be_written_is_named(tmp_path: Path, file: str, edits: list[Edit], said: str) -> None:
    content = load_content(edited(tmp_path, file, *edits))
    told = [f"{name}: {'.'.join(map(str, where))}: {reason}" for name, where, reason in faults(content)]
    assert any(said in each for each in told), told
