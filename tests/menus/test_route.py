"""What a route remembers is what asking every question again would find."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import ROOT
from menus.forms import Question, is_past, meets
from menus.load import load_content
from menus.rules import RULED, RULES
from menus.walk import Form

CONTENT = load_content(ROOT / "config")
TODAY = date(2026, 11, 23)
QUESTIONS = {name: (*CONTENT.profile, *service.questions) for name, service in CONTENT.services.items()}
DECIDING = sorted({name for questions in QUESTIONS.values() for q in questions for name in q.when})
VALUES = sorted(
    {value for questions in QUESTIONS.values() for q in questions for each in q.when.values() for value in each}
)
NUMBERED = sorted({name for questions in QUESTIONS.values() for q in questions for name in q.above})
RULED_BY = sorted({name for names in RULED.values() for name in names})

facts = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part.items()},
    st.dictionaries(st.sampled_from(DECIDING), st.sampled_from([*VALUES, "another"])),
    st.dictionaries(st.sampled_from(NUMBERED), st.sampled_from(["0", "5", "150", "99999", "x", ""])),
    st.dictionaries(st.sampled_from(RULED_BY), st.sampled_from(["primary", "1", "201905", "202001", ""])),
)


def applies(question: Question, known: dict[str, str]) -> bool:
    ruled = question.rule is None or RULES[question.rule](known, TODAY)
    return meets(question, known) and is_past(question, known) and ruled


@given(st.sampled_from(sorted(QUESTIONS)), st.lists(facts, min_size=1, max_size=5))
def test_the_questions_that_apply_are_those_that_do_when_each_is_looked_at(
    service: str, known: list[dict[str, str]]
) -> None:
    for each in known:
        asked = CONTENT.routes[service].asked(each, TODAY)
        assert [found.question for found in asked] == [q for q in QUESTIONS[service] if applies(q, each)]


@given(st.sampled_from(sorted(QUESTIONS)), facts, facts)
def test_the_next_question_is_the_first_without_a_good_answer(
    service: str, known: dict[str, str], answers: dict[str, str]
) -> None:
    form = Form(CONTENT, CONTENT.services[service], known, TODAY)
    open_ones = (q for q in form.questions(answers) if not q.holds(answers.get(q.id, "")))
    question = next(open_ones, None)
    assert form.next_question(answers) is question
    if question is not None:
        value = question.choices[0].id if question.choices else "123456"
        given_now, following = form.advanced(answers, question, value)
        assert form.answered(answers, question, value) == given_now
        assert form.next_question(given_now) is following


@pytest.mark.parametrize("service", sorted(QUESTIONS))
def test_a_field_is_asked_about_by_the_numbers_and_rules_of_the_service(service: str) -> None:
    own = CONTENT.services[service].questions
    for field in {q.id for q in own}:
        about = {q.id for q in own if field in q.above or field in RULED.get(q.rule, ())}
        assert CONTENT.routes[service].about(field) == about
