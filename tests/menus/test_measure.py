"""Every text that leaves is measured, whoever says it, and so is every screen with which a call ends."""

import pytest

from menus.load import load_content
from menus.measure import Measured, measure
from tests.author import edited

TEXTS = "texts.yaml"
LONG = "x" * 300
TOO_LONG = {
    "We did not understand": "sms not_understood",
    "Your request is not finished": "sms resume",
    "Text your request number for its status": "sms help",
    "No request with this number for your phone": "sms unknown_ref",
    "That request number is not correct": "sms bad_ref",
    "More than one request awaits": "sms which_one",
    "Never text your PIN": "sms pin_not_by_text",
    "This phone is protected": "sms pin_by_call",
    "To confirm withdrawal": "sms water.withdraw_ask",
    "Your answer was recorded before": "sms water.answered_before",
    "Your message {reference} was passed": "sms grievance.g_urgent",
    "The fee for request": "sms water.paid",
    "We are saving it": "end promised @standard",
    "Send your answer as a text": "end answer_by_text @standard",
    "Nothing was recorded": "end declined @strict",
    "Your requests:": "sms my_cases",
}
"""What each text begins with, and what it is measured as."""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """What does not fit when all these texts are too long."""
    edits = [(old, f"{LONG}{old}") for old in TOO_LONG]
    content = load_content(edited(tmp_path_factory.mktemp("long"), TEXTS, *edits))
    return {each.name: each for each in measure(content) if each.fault}


@pytest.mark.parametrize("name", TOO_LONG.values())
def test_a_text_that_is_too_long_is_measured_whoever_says_it(faulty: dict[str, Measured], name: str) -> None:
    assert name in faulty
    assert faulty[name].source[0] == TEXTS


def test_a_list_of_cases_may_take_two_sms_and_no_more(faulty: dict[str, Measured]) -> None:
    assert faulty["sms my_cases"].fault == "takes 3 segments, more than 2"
