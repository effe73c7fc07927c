"""What officers give with a move makes sense, or is refused by name; what they leave out is not said again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.settings import ROOT
from menus.load import load_content
from menus.workflow import Param
from tests.fixtures import PostOffice
from tests.gateway.cases import Cases, workday
from tests.gateway.clearances import Clearances
from tests.gateway.office import Desk, Office, problem

CONTENT = load_content(ROOT / "config")
TODAY = datetime.now(UTC).date()


def friday() -> date:
    return next(day for n in range(5, 13) if (day := TODAY + timedelta(days=n)).isoweekday() == 5)


def desk_of(office: Office, service: str, role: str, reference: str, cases: Cases) -> Desk:
    return office.hire(f"{role} {service}", role, directorate=cases.one("directorate", reference))


@pytest.mark.parametrize(
    ("service", "state", "role", "action", "params", "name", "reason"),
    [
        ("water", "UNDER_REVIEW", "VERIFIER", "offer_visit", {"visit_on": "2020-01-05", "hour": 9}, "visit_on",
         "must be a day to come, or today"),
        ("water", "UNDER_REVIEW", "VERIFIER", "offer_visit",
         {"visit_on": (TODAY + timedelta(days=500)).isoformat(), "hour": 9}, "visit_on", "must be within a year"),
        ("water", "UNDER_REVIEW", "VERIFIER", "offer_visit", {"visit_on": friday().isoformat(), "hour": 9}, "visit_on",
         "must be a working day"),
        ("water", "UNDER_REVIEW", "VERIFIER", "offer_visit", {"visit_on": workday(), "hour": 3}, "hour",
         "from 7 to 15"),
        ("water", "VISIT_SET", "INSPECTOR", "feasible", {"fee": 0}, "fee", "from 250 to 100000000"),
        ("water", "VISIT_SET", "INSPECTOR", "feasible", {"fee": 10**9}, "fee", "from 250 to 100000000"),
        ("permit", "UNDER_REVIEW", "VERIFIER", "offer_visit", {"visit_on": friday().isoformat(), "hour": 9},
         "visit_on", "must be a working day"),
        ("produce", "APPROVED", "SILO", "weighed", {"kg": 5000, "grade": 4}, "grade", "from 1 to 3"),
        ("produce", "APPROVED", "SILO", "weighed", {"kg": 0, "grade": 1}, "kg", "from 1 to 600000"),
        ("school", "APPROVED", "SCHOOL", "medical", {"medical_on": "2021-01-03"}, "medical_on",
         "must be a day to come"),
        ("grievance", "UNDER_REVIEW", "HANDLER", "interim", {"new_date": TODAY.isoformat()}, "new_date",
         "must be a day to come"),
        ("water", "UNDER_REVIEW", "VERIFIER", "transfer", {"directorate": "water"}, "directorate",
         "holds the case already"),
        ("water", "SUBMITTED", "CLERK", "ask", {"question": "district"}, "question", "must be a question"),
        ("water", "SUBMITTED", "CLERK", "ask", {"question": "plot", "hint": "x" * 21}, "hint", "at most 20 characters"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused_by_name(
    office: Office, cases: Cases, service: str, state: str, role: str, action: str, params: dict[str, Any], name: str,
    reason: str,
) -> None:  # fmt: skip
    reference = cases.put(service, state)
    refused = problem(desk_of(office, service, role, reference, cases).act(reference, action, 1, **params), 422)
    assert [fault["name"] for fault in refused["fields"]] == [name]
    assert reason in refused["fields"][0]["reason"]
    assert cases.one("version", reference) == 1


@pytest.mark.parametrize("service", sorted(CONTENT.services))
def test_no_sum_or_number_of_any_service_is_without_bounds(service: str) -> None:
    found: list[Param] = [p for m in CONTENT.services[service].workflow.moves for p in m.params]
    numbers = [param for param in found if param.type in ("integer", "amount")]
    assert all(param.high is not None for param in numbers)
    assert all(param.bounds[0] > 0 for param in numbers if param.type == "amount")
    visits = [param for param in found if param.id == "visit_on"]
    assert all(param.working for param in visits)


def test_what_is_left_out_is_not_said_again(office: Office, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("school", "SUBMITTED", stage="primary")
    cases.connection.execute("UPDATE application SET details = '{}' WHERE reference = %s", [reference])
    registrar = office.hire("Ali", "REGISTRAR", "CLERK", directorate="education")
    post.relay()
    registrar.act(reference, "full", 2, school="Dijla", bring_by=workday())
    assert cases.one("details ->> 'school'", reference) == "Dijla"
    assert registrar.act(reference, "wait", 3).status_code == 200
    assert registrar.act(reference, "seat", 4).status_code == 200
    assert cases.one("details", reference) == {}
    assert "Dijla" not in post.texts_to(cases.one("phone", reference))[-1]


def test_an_offer_that_is_accepted_keeps_what_it_said(office: Office, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("school", "SUBMITTED", stage="primary")
    registrar = office.hire("Ali", "REGISTRAR", "CLERK", directorate="education")
    registrar.act(reference, "full", 1, school="Dijla", bring_by=workday())
    registrar.act(reference, "accept", 2)
    assert "Dijla" in post.texts_to(cases.one("phone", reference))[-1]


def test_a_new_question_takes_the_hint_and_the_answer_of_the_old_one_away(
    office: Office, cases: Cases, post: PostOffice
) -> None:
    reference = cases.put("water", "SUBMITTED", request="new")
    cases.connection.execute("UPDATE application SET details = '{}' WHERE reference = %s", [reference])
    clerk = office.hire("Ali", "CLERK")
    post.relay()
    clerk.act(reference, "ask", 2, question="deed", hint="of 2026")
    assert "سند ملكية حديث of 2026" in post.texts_to(cases.one("phone", reference))[-1]
    clerk.act(reference, "answer", 3, value="it is with the lawyer")
    assert cases.one("answers ->> 'deed'", reference) == "it is with the lawyer"
    clerk.act(reference, "ask", 4, question="plot")
    assert cases.one("details", reference) == {"question": "plot"}


@pytest.mark.parametrize(
    ("question", "value", "stored"),
    [("plot", "1234", "1234"), ("plot", "0", "unknown"), ("use", "2", "shop"), ("use", "shop", "shop"),
     ("plot", "12345678", None), ("use", "9", None), ("deed", " in  the drawer ", "in the drawer"),
     ("plot", None, None)],
)  # fmt: skip
def test_a_clerks_answer_is_judged_by_the_question_and_enters_the_answers(
    office: Office, cases: Cases, question: str, value: str | None, stored: str | None
) -> None:
    reference = cases.put("water", "SUBMITTED", request="new", use="home")
    clerk = office.hire("Ali", "CLERK")
    clerk.act(reference, "ask", 1, question=question)
    answer = clerk.act(reference, "answer", 2, **({} if value is None else {"value": value}))
    if stored is None:
        assert [fault["name"] for fault in problem(answer, 422, "invalid_params")["fields"]] == ["value"]
        assert cases.one("state", reference) == "INFO_REQUIRED"
    else:
        assert answer.status_code == 200, answer.text
        assert cases.one("answers", reference)[question] == stored


def test_a_clerk_answers_only_with_the_citizens_own_reference(office: Office, cases: Cases) -> None:
    reference, other = cases.put("produce", "SUBMITTED"), cases.put("inputs", "SUBMITTED")
    desk = office.hire("Ali", "CLERK", "BRANCH", directorate="agriculture")
    desk.act(reference, "ask", 1, question="plan")
    refused = problem(desk.act(reference, "answer", 2, value=other), 422, "invalid_params")
    assert refused["fields"] == [{"name": "value", "reason": "must be a reference of the citizen's own"}]
    own = cases.put("inputs", "SUBMITTED", cases.one("phone", reference))
    assert desk.act(reference, "answer", 2, value=own).status_code == 200


def test_a_sensitive_answer_is_sealed_wherever_it_is_kept(office: Office, cases: Cases) -> None:
    reference = cases.put("school", "SUBMITTED", stage="primary")
    desk = office.hire("Ali", "CLERK", "REGISTRAR", directorate="education")
    desk.act(reference, "ask", 1, question="child_card")
    assert desk.act(reference, "answer", 2, value="198812345678").status_code == 200
    kept = cases.connection.execute(
        "SELECT a::text || (SELECT string_agg(e::text, '') FROM gateway.event e) FROM application a"
    ).fetchone()
    assert kept is not None
    assert "198812345678" not in kept[0]
    opened = desk.get(f"/applications/{reference}").json
    assert opened is not None
    assert opened["answers"]["child_card"] == "198812345678"


def test_clearances_survive_a_question_and_begin_again_with_another_round(office: Office, cases: Cases) -> None:
    step = Clearances(office, cases)
    reference = step.reference
    step.clear("water", "sewerage")
    step.desks["tax"].act(reference, "ask", cases.one("version", reference), question="plot")
    office.hire("Zahra", "CLERK", directorate="municipality_amara").act(reference, "answer", 4, value="77")
    assert set(cases.one("details -> 'clear'", reference)) == {"water", "sewerage"}
    step.clear("electricity", "civil_defence", "tax")
    assert cases.one("state", reference) == "FEE_DUE"


def test_what_officers_see_of_a_round_that_sql_began_is_empty(office: Office, cases: Cases) -> None:
    reference = cases.put("permit", "CLEARANCES", purpose="new")
    desk = office.hire("tax", "CLEARANCE", directorate="tax")
    desk.act(reference, "clear", 1)
    for state in ("UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "CLEARANCES"):
        cases.set_state(reference, state)
    seen = desk.get(f"/applications/{reference}").json
    assert seen is not None
    assert seen["details"]["clear"] == {}
