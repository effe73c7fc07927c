"""A form walked question by question: what an answer changes."""

from datetime import date

import pytest

from gateway.settings import ROOT
from menus.load import load_content
from menus.walk import Form

CONTENT = load_content(ROOT / "config")
KNOWN = {"known_consent": "yes", "known_card": "yes", "known_place": "yes", "place": "10"}


def form(service: str) -> Form:
    return Form(CONTENT, CONTENT.services[service], KNOWN, date(2026, 11, 23))


def answer(form: Form, answers: dict[str, str], **given: str) -> dict[str, str]:
    """The answers after these ones, each the next question's when it is given."""
    for name, value in given.items():
        question = next(q for q in form.questions(answers) if q.id == name)
        answers = form.answered(answers, question, value)
    return answers


def test_an_age_outside_the_rule_is_asked_about_once() -> None:
    school = form("school")
    answers = answer(school, {}, stage="primary", grade="1", birth="201905", age_sure="yes")
    answers = answer(school, answers, sex="boy", place_same="same", school="nearest")
    assert "age_sure" in answers
    assert "age_sure" not in answer(school, answers, birth="201804")


@pytest.mark.parametrize(
    ("service", "given", "changed", "gone"),
    [
        ("water", {"request": "name", "account": "123456"}, {"request": "new"}, "account"),
        ("grievance", {"about": "municipality", "kind": "other"}, {"about": "employee"}, "kind"),
        ("school", {"stage": "primary", "grade": "1"}, {"stage": "transfer"}, "grade"),
    ],
)
def test_an_answer_to_a_question_that_has_become_another_is_asked_again(
    service: str, given: dict[str, str], changed: dict[str, str], gone: str
) -> None:
    walked = form(service)
    answers = answer(walked, answer(walked, {}, **given), **changed)
    assert gone not in answers


def test_an_answer_that_still_fits_is_kept() -> None:
    water = form("water")
    answers = answer(water, {}, request="name", account="123456", plot="77")
    assert answer(water, answers, request="close")["plot"] == "77"
