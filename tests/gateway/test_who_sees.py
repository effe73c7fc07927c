"""Who sees a case that has risen, and who sees the phone behind a message that asked to hide it."""

import pytest

from tests.fixtures import PostOffice
from tests.gateway.cases import Cases
from tests.gateway.office import Desk, Office, problem

PHONE = "+9647709876501"


def risen(cases: Cases, level: int, service: str = "water") -> str:
    """A case that the clock has raised."""
    reference = cases.put(service, "UNDER_REVIEW", request="new")
    cases.connection.execute(
        "UPDATE application SET details = details || jsonb_build_object('level', %s::int) WHERE reference = %s",
        [level, reference],
    )
    return reference


@pytest.fixture
def follow_up(office: Office) -> Desk:
    return office.hire("Huda", "DIRECTOR", "APPROVER", directorate="governorate")


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_the_follow_up_office_sees_what_nobody_below_has_answered(
    follow_up: Desk, cases: Cases, post: PostOffice, level: int
) -> None:
    reference = risen(cases, level)
    post.relay()
    listed = follow_up.get("/applications").json
    assert listed is not None
    assert [case["reference"] for case in listed["items"]] == ([reference] if level == 3 else [])
    assert follow_up.get(f"/applications/{reference}").status_code == (200 if level == 3 else 404)
    of_water = follow_up.get("/applications", service="water", state="UNDER_REVIEW").json
    assert of_water is not None
    assert len(of_water["items"]) == (level == 3)


def test_the_follow_up_office_acts_there_as_a_director_and_as_nothing_else(
    follow_up: Desk, cases: Cases, post: PostOffice
) -> None:
    reference = cases.put("school", "UNDER_REVIEW", stage="transfer")
    cases.connection.execute("UPDATE application SET details = details || '{\"level\": 3}'")
    post.relay()
    problem(follow_up.act(reference, "transfer", 2, directorate="governorate"), 403)
    assert follow_up.act(reference, "reject", 2, reason="no_seat").status_code == 200


def test_another_directorate_does_not_see_a_risen_case(office: Office, cases: Cases, post: PostOffice) -> None:
    reference = risen(cases, 3)
    post.relay()
    other = office.hire("Ali", "DIRECTOR", directorate="education")
    assert other.get(f"/applications/{reference}").status_code == 404


def handled(cases: Cases, office: Office, **answers: str) -> str:
    """A message to the governorate, handled by the water directorate."""
    reference = cases.put("grievance", "SUBMITTED", PHONE, about="water", hide="yes", **answers)
    gro = office.hire("Sara", "GRO", directorate="governorate")
    assert gro.act(reference, "assign", 1, directorate="water").status_code == 200
    return reference


def test_a_hidden_phone_is_nowhere_in_what_the_handler_gets(office: Office, cases: Cases, post: PostOffice) -> None:
    own = cases.put("school", "SUBMITTED", PHONE, stage="primary")
    reference = handled(cases, office, case=own)
    cases.connection.execute("UPDATE application SET phone = %s WHERE reference = %s", [PHONE[:-1] + "2", reference])
    clerk = office.hire("Noor", "CLERK", directorate="governorate")
    clerk.act(reference, "add_note", 3, note="twice this week")
    post.relay()
    for role in ("HANDLER", "GRO", "DIRECTOR"):  # also who has the name of the role, but not in the unit
        handler = office.hire(f"Ali {role}", role, directorate="water")
        opened, listed = handler.get(f"/applications/{reference}"), handler.get("/applications")
        assert opened.status_code == 200
        for answer in (opened, listed):
            assert reference in answer.text
            for part in (PHONE[4:-1], PHONE[-7:-1]):
                assert part not in answer.text.replace(own, "")
        assert opened.json is not None
        assert opened.json["answers"]["case"] == "•••"
        assert {message["phone"] for message in opened.json["messages"]} == {"•••"}
        searched = handler.get("/applications", phone=PHONE[:-1] + "2").json
        assert searched is not None
        assert searched["items"] == []


def test_the_answer_to_an_action_hides_the_phone_too(office: Office, cases: Cases) -> None:
    reference = handled(cases, office)
    handler = office.hire("Ali", "HANDLER", directorate="water")
    done = handler.act(reference, "resolve", 2, result="repaired")
    assert done.status_code == 200
    assert PHONE[4:] not in done.text


def test_the_grievance_officer_of_the_unit_sees_the_phone(office: Office, cases: Cases) -> None:
    reference = handled(cases, office)
    gro = office.hire("Noor", "GRO", directorate="governorate")
    opened = gro.get(f"/applications/{reference}").json
    assert opened is not None
    assert opened["phone"] == PHONE


@pytest.mark.parametrize(
    ("state", "action"), [("SUBMITTED", "assign"), ("SUBMITTED", "transfer"), ("UNDER_REVIEW", "transfer"),
                          ("UNDER_REVIEW", "reassign")],
)  # fmt: skip
def test_what_is_said_of_an_employee_stays_with_the_governorate(
    office: Office, cases: Cases, state: str, action: str
) -> None:
    reference = cases.put("grievance", state, about="employee")
    gro = office.hire("Sara", "GRO", "HANDLER", directorate="governorate")
    refused = gro.act(reference, action, 1, directorate="water")
    assert refused.status_code == (422 if action == "assign" else 409)
    assert (cases.one("directorate", reference), cases.one("version", reference)) == ("governorate", 1)
    if action == "assign":
        assert gro.act(reference, action, 1).status_code == 200


def test_a_dissatisfied_citizens_case_goes_back_to_the_unit_one_level_up(office: Office, cases: Cases) -> None:
    reference = handled(cases, office)
    handler = office.hire("Ali", "HANDLER", "CLERK", directorate="water")
    handler.act(reference, "resolve", 2, result="repaired")
    assert handler.act(reference, "not_satisfied", 3).status_code == 200
    found = (
        cases.one("state", reference),
        cases.one("directorate", reference),
        cases.one("details", reference)["level"],
    )
    assert found == ("SUBMITTED", "governorate", 1)
