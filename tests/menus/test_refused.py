"""What would fail a citizen's call or text is refused when the content is read, at boot and at a reload."""

from pathlib import Path

import pytest

from menus.load import load_content
from menus.workflow import Move
from menus.workflow_checks import can_meet
from menus.yaml_source import ContentError
from tests.author import Edit, edited

WATER, GRIEVANCE, INPUTS = "services/water.yaml", "services/grievance.yaml", "services/inputs.yaml"
TEXTS, MENUS, SHARED = "texts.yaml", "menus.yaml", "workflow.yaml"
PAUSED = "  PAUSED: {label: {ar: متوقف, en: Paused}, clock: none, text: expired, rank: 1, closed: true}\n"
ROUND = "  one: {prompt: {ar: أ, en: A}, items: [{key: '1', label: {ar: ب, en: B}, menu: two}]}\n"
TRIP = "  two: {prompt: {ar: ب, en: B}, items: [{key: '1', label: {ar: أ, en: A}, menu: one}]}\n"


def refused(folder: Path, file: str, *edits: Edit) -> str:
    """Why the edited content is refused, fault by fault."""
    with pytest.raises(ContentError) as found:
        load_content(edited(folder, file, *edits))
    return str(found.value)


def holds(message: str, file: str, reason: str) -> bool:
    """Whether the reason is given, with its file and a line of it."""
    for line in message.splitlines():
        name, number, _ = line.split(":", 2)
        if reason in line and name == f"config/{file}" and int(number) > 1:
            return True
    return False


@pytest.mark.parametrize(
    ("file", "edit", "reason"),
    [
        (WATER, ("Plot: {value}", "Plot: {valoo}"), "nothing fills {valoo} in; it may use {value}"),
        (WATER, ("en: Meter}", "en: 'Meter {x}'}"), "nothing fills {x} in; this text has no placeholders"),
        (WATER, ('"Use?"', '"Use on {plot}?"'), "nothing fills {plot} in"),  # asked later
        ("profile.yaml", ("National card number", "Card {account}"), "nothing fills {account} in"),
        (TEXTS, ("is\\n{reference}\\nWrite", "is\\n{refnumber}\\nWrite"), "ussd.done: nothing fills {refnumber} in"),
        (TEXTS, ("unfinished {service}", "unfinished {srv}"), "ussd.resume: nothing fills {srv} in"),
        (TEXTS, ("We are saving it", "We are saving {x}"), "ussd.promised: nothing fills {x} in"),
        (TEXTS, ("  promised:", "  promisd:"), "the text promised is missing"),
        (TEXTS, ('  "yes":', "  yess:"), "the text yes is missing"),
        (TEXTS, ("Where in {place}", "Where in {plce}"), "ussd.subdistrict: nothing fills {plce} in"),
        (TEXTS, ("Text your request number", "Text {nothing}"), "sms.help: nothing fills {nothing} in"),
        (TEXTS, ("  throttle:", "  throtle:"), "the text throttle is missing"),
        (TEXTS, ("{state}. Visit {office}.", "{state}. Visit {ofice}."), "sms.generic_short: nothing fills {ofice} in"),
        (TEXTS, ("  docs_short:", "  doc_short:"), "there is no text doc of which it is the short form"),
        (TEXTS, ("Fee IQD {fee}", "Fee IQD {fe}"), "ussd.need_fee_due: nothing fills {fe} in"),
        ("profile.yaml", ("end: declined", "end: done"), "with the text done, in which nothing fills {reference} in"),
        ("profile.yaml", ("    data: sensitive\n", ""), "the national card is kept sealed"),
        ("profile.yaml", ("known_card:", "known_crad:"), "names known_crad, which is no question here"),
        (GRIEVANCE, ("  text: g_urgent", "  text: nope"), "urgent.text: there is no SMS text nope"),
        (GRIEVANCE, ("  when: {danger", "  when: {dangr"), "`when` names dangr: yes, which is no answer here"),
        (GRIEVANCE, ('values: ["yes"]', 'values: ["yez"]'), "`when` names hide: yez, which is no answer here"),
        (INPUTS, ("one_open: [crop]", "one_open: [corp]"), "corp is no question here"),
        (WATER, ("[name, meter, close]", "[name, metre, close]"), "names request: metre, which is no answer there"),
        (WATER, ('{key: "0", id: unknown', '{key: "7", id: unknown'), "key 7 means two things"),
        (WATER, ("id: use\n", "id: use\n    default: hut\n"), "the default hut is no answer"),
        (INPUTS, ("    low: 1\n", "    low: 0\n"), "0 leads back and cannot be typed"),
        (
            WATER,
            ('reply: "2"\n', 'reply: "1"\n      when: {use: [home]}\n'),
            "accept_visit and change: two moves of the citizen share a reply digit, 1",
        ),
        (WATER, ("routing:", 'window: {opens: "06-31", closes: "09-15"}\nrouting:'), "06-31 is no day of the year"),
        (MENUS, ('{key: "3", label: {ar: مدرسة', '{key: "2", label: {ar: مدرسة'), "key 2 is there twice"),
        (MENUS, ("  settings:\n", ROUND + TRIP + "  settings:\n"), "menus.one: no item leads to this menu"),
        ("keywords.yaml", ("opens: {service: water}", "opens: {service: watr}"), "there is no service watr"),
        (SHARED, ("      to: WITHDRAWN\n", "      to: WITHDRAWM\n"), "move.to: there is no state WITHDRAWM"),
        (SHARED, ("before: APPROVED\n", "before: APPROVD\n"), "before: there is no state APPROVD"),
        (SHARED, ("from: [REJECTED]", "from: [REJECTD]"), "move.from: there is no state REJECTD"),
        (SHARED, ("came_from: [REJECTED]", "came_from: [REJECTD]"), "move.came_from: there is no state REJECTD"),
    ],
)
def test_what_would_fail_a_call_is_refused(tmp_path: Path, file: str, edit: Edit, reason: str) -> None:
    message = refused(tmp_path, file, edit)
    assert holds(message, file, reason), message


def test_a_shared_move_to_a_state_that_no_service_has_is_refused(tmp_path: Path) -> None:
    pause = f"{PAUSED}moves:\n  - move: {{action: pause, from: [SUBMITTED], to: PAUSED, by: [CLERK]}}\n"
    message = refused(tmp_path, SHARED, ("moves:\n", pause))
    assert holds(message, SHARED, "moves.0.move.to: no service has the state PAUSED"), message


def test_the_menu_behind_the_pin_is_there(tmp_path: Path) -> None:
    message = refused(tmp_path, MENUS, ("menu: settings", "menu: options"), ("  settings:\n", "  options:\n"))
    assert holds(message, MENUS, "back from a PIN leads to the menu settings, which does not exist"), message


def test_a_place_that_no_key_can_choose_is_refused(tmp_path: Path) -> None:
    name = "{ar: ناحية, en: Place}"
    more = "".join(f'      "16019{number}": {name}\n' for number in range(8))
    message = refused(tmp_path, "places.yaml", ("    subdistricts:\n", f"    subdistricts:\n{more}"))
    assert holds(message, "places.yaml", "districts.0.subdistricts"), message


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ({}, {"request": ["new"]}, True),
        ({"request": ["new", "meter"]}, {"request": ["meter"]}, True),
        ({"request": ["new"]}, {"use": ["home"]}, True),
        ({"request": ["new"]}, {"request": ["close"]}, False),
        ({"request": ["new"], "use": ["home"]}, {"request": ["new"], "use": ["shop"]}, False),
    ],
)
def test_two_moves_meet_where_an_answer_fits_both(
    one: dict[str, list[str]], other: dict[str, list[str]], meets: bool
) -> None:
    moves = [Move.model_validate({"action": "a", "from": [], "to": "same", "by": [], "when": w}) for w in (one, other)]
    assert can_meet(*moves) is meets
