"""The content of config/ keeps the promises of services-domain: who may reject, what a screen and an SMS hold."""

from pathlib import Path

import pytest

from menus.content import Content, Service
from menus.filling import question_screen
from menus.forms import Question
from menus.load import load_content
from menus.localized import LANGUAGES, fill
from menus.pager import pages
from menus.workflow import CITIZEN

CONTENT: Content = load_content(Path(__file__).parents[2] / "config")
SERVICES = list(CONTENT.services.values())
QUESTIONS = [*CONTENT.profile, *(question for service in SERVICES for question in service.questions)]
LONGEST_WORDS = {"area": "5000"}

of_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.id)
in_language = pytest.mark.parametrize("language", LANGUAGES)


def _longest_place(language: str) -> str:
    names = [d.short[language] for d in CONTENT.districts]
    names += [name[language] for d in CONTENT.districts for name in d.subdistricts.values()]
    return max(names, key=len)


@in_language
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_every_question_is_one_page_on_a_standard_screen(question: Question, language: str) -> None:
    text = fill(question.prompt[language], {**LONGEST_WORDS, "place": _longest_place(language)})
    more, back = CONTENT.ussd["more"][language], CONTENT.ussd["back"][language]
    assert len(pages(question_screen(question, text, language), CONTENT.budget(None), more, back)) == 1


@of_service
def test_nobody_but_an_approver_the_governorate_or_a_director_rejects(service: Service) -> None:
    by = {role for move in service.workflow.moves if move.action == "reject" for role in move.by}
    assert by
    assert by <= ({"GRO"} if service.id == "grievance" else {"APPROVER", "DIRECTOR"})


@of_service
def test_every_state_that_waits_for_the_citizen_ends_by_itself(service: Service) -> None:
    for state, use in service.workflow.states.items():
        if CONTENT.states[state].clock == "citizen":
            assert use.limit, state
            assert any(move.action == "timeout" and state in move.source for move in service.workflow.moves), state


@of_service
def test_a_citizen_can_always_withdraw_before_approval_and_object_after_rejection(service: Service) -> None:
    flow = service.workflow
    for state in ("SUBMITTED", "UNDER_REVIEW", "INFO_REQUIRED"):
        assert "withdraw" in {move.action for move in flow.by_citizen(state, {})}
    assert "appeal" in {move.action for move in flow.by_citizen("REJECTED", {})}


@of_service
def test_what_a_citizen_does_a_clerk_can_do_at_the_counter_but_for_the_consent_itself(service: Service) -> None:
    assert all("CLERK" in m.by for m in service.workflow.moves if CITIZEN in m.by and m.action != "confirm")
    assert [m.by for m in service.workflow.moves if m.action == "confirm"] == [[CITIZEN]]


@of_service
def test_reasons_fit_the_sms_that_carries_them(service: Service) -> None:
    assert all(len(text) <= 20 for reason in service.reasons.values() for text in reason.values())


def test_offices_and_nouns_fit_the_sms_that_carries_them() -> None:
    assert all(len(each.short["ar"]) <= 14 for each in CONTENT.directorates.values())
    assert all(len(noun["ar"]) <= 20 for noun in (*CONTENT.questions.values(), *(q.noun for q in QUESTIONS)))


@in_language
def test_no_sms_says_complaint_about_a_case(language: str) -> None:
    word = {"ar": "شكو", "en": "complaint"}[language]
    about_cases = {key: text for key, text in CONTENT.sms.items() if "{reference}" in text[language]}
    assert not [key for key, text in about_cases.items() if word in text[language].lower()]
