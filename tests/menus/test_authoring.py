"""The content checker: what loads but should not be written is named, and the real content has none of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from menus.authoring import faults
from menus.content import Content
from menus.effort import efforts
from menus.forms import Choice, Question
from menus.load import load_content
from menus.measure import measure
from menus.operators import Operator
from menus.paths import CALLERS, visits

CONTENT: Content = load_content(Path(__file__).parents[2] / "config")


WATER = CONTENT.services["water"]
STATES_OPEN = {name for name, kind in CONTENT.states.items() if not kind.closed}
SMALL = replace(CONTENT, services={"water": WATER}, operators=CONTENT.operators[:1])


def with_text(name: str, ar: str, en: str) -> Content:
    """The content with one screen text changed."""
    return replace(SMALL, ussd={**SMALL.ussd, name: {"ar": ar, "en": en}})


def with_question(number: int, **changes: object) -> Content:
    """The content with one question of water changed."""
    questions = list(WATER.questions)
    questions[number] = questions[number].model_copy(update=changes)
    changed = WATER.model_copy(update={"questions": questions})
    return replace(SMALL, services={"water": changed})


def choices(*labels: str) -> list[Choice]:
    return [Choice(key=str(n), id=f"c{n}", label={"ar": each, "en": each}) for n, each in enumerate(labels, 1)]


def test_the_content_has_no_fault_and_fits_every_operator() -> None:
    assert faults(CONTENT) == []
    assert [each for each in measure(CONTENT) if each.fault] == []
    stages = {operator.name: operator.stages for operator in CONTENT.operators}
    assert [str(each) for each in efforts(CONTENT) if each.screens > stages[each.operator]] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (with_text("change", "تغيير {reference}", "Change"), "different placeholders"),
        (with_text("change", "تغيير", "Change تغيير"), "UCS-2"),
        (with_text("change", "Change", "Change"), "not translated"),
        (with_text("change", "طلبك 2483 9174", "Change"), "turns numbers round"),
        (with_text("change", "اتصل بالرمز *964#", "Dial *964#"), "U+200E"),
        (with_question(0, choices=choices("دار جديدة", "دار جديده")), "have the same label"),
        (with_question(0, choices=choices("محل تجاري", "محل تجارب")), "differ in one letter"),
        (with_question(0, when={"use": ["nothing"]}), "request is never asked"),
    ],
)
def test_what_should_not_be_written_is_named(content: Content, said: str) -> None:
    assert any(said in reason for _, _, reason in faults(content)), faults(content)


def test_a_field_that_is_typed_needs_a_data_class() -> None:
    bare = Question(
        id="plot", type="digits", noun={"ar": "ن", "en": "n"}, prompt={"ar": "رقم", "en": "n"}, low=1, high=2
    )
    changed = WATER.model_copy(update={"questions": [bare]})
    found = faults(replace(SMALL, services={"water": changed}))
    assert [where for _, where, reason in found if "plot: typed, but no data class" in reason] == [("questions", 0)]


def test_a_state_without_a_way_out_or_in_is_named() -> None:
    moves = [move for move in WATER.workflow.moves if move.to != "VISIT_OFFERED"]
    flow = WATER.workflow.model_copy(update={"moves": moves})
    changed = WATER.model_copy(update={"workflow": flow})
    found = faults(replace(SMALL, services={"water": changed}))
    assert ("services/water.yaml", ("workflow", "states", "VISIT_OFFERED"), "cannot be reached from SUBMITTED") in found


def test_a_case_that_nothing_can_close_is_named() -> None:
    moves = [move for move in WATER.workflow.moves if move.to in (*STATES_OPEN, "same", "origin")]
    flow = WATER.workflow.model_copy(update={"moves": moves})
    found = faults(replace(SMALL, services={"water": WATER.model_copy(update={"workflow": flow})}))
    ends = {where[-1] for _, where, reason in found if reason == "a dead end, no way to a closed state"}
    assert ends >= {"SUBMITTED", "UNDER_REVIEW", "FEE_DUE"}


def test_a_screen_that_is_too_long_names_its_operator() -> None:
    tiny = Operator(name="tiny", networks=[], septets=60, ucs2=30)
    found = [each for each in measure(replace(SMALL, operators=(tiny,))) if each.fault]
    assert any("tiny's screen" in (each.fault or "") for each in found)


def test_every_screen_that_a_shortcut_can_lead_to_is_measured_as_a_first_one() -> None:
    rough = Operator(name="rough", networks=[], septets=160, ucs2=70, first_septets=140, first_ucs2=60)
    long = with_text("done", "ت" * 50 + "\n{reference}", "Done. {reference}")
    found = {each.name: each.fault for each in measure(replace(long, operators=(rough,))) if each.fault}
    assert found == {}
    longer = with_text("done", "ت" * 52 + "\n{reference}", "Done. {reference}")
    found = {each.name: each.fault for each in measure(replace(longer, operators=(rough,))) if each.fault}
    assert found == {"end done @rough first": "does not fit one page of rough's first screen"}


@pytest.mark.parametrize("service", sorted(CONTENT.services))
@pytest.mark.parametrize("caller", CALLERS)
def test_every_way_ends_in_a_review(service: str, caller: str) -> None:
    found = visits(CONTENT, service, caller, "ar")
    assert found[-1].state.at == "review"
    assert max(len(visit.before) for visit in found) <= 14
