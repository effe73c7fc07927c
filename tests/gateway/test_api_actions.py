"""Acting on cases through the API: parameters, versions, and who may do what."""

from typing import Any

import pytest

from store import applications
from store.applications import NewApplication
from tests.fixtures import PostOffice
from tests.gateway.cases import workday
from tests.gateway.office import ANSWERS, PHONE, Desk, Office, kind


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


def permit_at_clearances(office: Office) -> tuple[str, int]:
    """A permit that waits for the answers of five directorates, and its version."""
    desk = office.hire("Everyone", "CLERK", "VERIFIER", "INSPECTOR", directorate="municipalities")
    reference = office.case("permit", place="20", purpose="new")
    desk.act(reference, "accept", 1)
    desk.act(reference, "docs_seen", 2)
    desk.act(reference, "offer_visit", 3, visit_on=workday(), hour=10)
    desk.act(reference, "accept_visit", 4)
    assert desk.act(reference, "boundary_ok", 5, fee=25_000).status_code == 200
    return reference, 6


def test_an_action_moves_the_case_and_texts_the_citizen(office: Office, clerk: Desk, post: PostOffice) -> None:
    reference = office.case()
    answer = clerk.act(reference, "accept", 1)
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["state"], answer.json["version"]) == ("DOCS_REQUIRED", 2)
    assert office.now(reference).state == "DOCS_REQUIRED"
    assert len(post.texts_to(PHONE)) == 2


def test_parameters_are_kept_and_said(office: Office, clerk: Desk) -> None:
    reference = office.case()
    answer = clerk.act(reference, "ask", 1, question="plot")
    assert answer.json is not None
    assert answer.json["details"] == {"question": "plot"}
    assert (answer.json["state"], answer.json["came_from"]) == ("INFO_REQUIRED", "SUBMITTED")


@pytest.mark.parametrize(
    ("params", "faults"),
    [
        ({}, {"visit_on": "is required", "hour": "is required"}),
        ({"visit_on": "20/12/2026", "hour": 10}, {"visit_on": "must be a day, YYYY-MM-DD"}),
        ({"visit_on": workday(), "hour": 16}, {"hour": "must be a whole number from 7 to 15"}),
        ({"visit_on": 20261220, "hour": "10"}, {"visit_on": "must be a day", "hour": "must be a whole number"}),
        ({"visit_on": [workday()], "hour": True}, {"visit_on": "must be a day", "hour": "must be a whole number"}),
        ({"visit_on": workday(), "hour": 10, "x": 1}, {"x": "is not a parameter of this action"}),
    ],
)
def test_parameters_that_do_not_fit_are_named(office: Office, params: dict[str, Any], faults: dict[str, str]) -> None:
    desk = office.hire("Ali", "CLERK", "VERIFIER")
    reference = office.case()
    desk.act(reference, "accept", 1)
    desk.act(reference, "docs_seen", 2)
    answer = desk.act(reference, "offer_visit", 3, **params)
    assert answer.status_code == 422
    assert answer.json is not None
    assert kind(answer.json) == "invalid_params"
    found = {each["name"]: each["reason"] for each in answer.json["fields"]}
    assert found.keys() == faults.keys()
    assert all(found[name].startswith(reason) for name, reason in faults.items())
    assert office.now(reference).version == 3


@pytest.mark.parametrize("value", ["a" * 500, "two\nlines", "\u202e", "\x00", 7, 1e400, {"a": 1}, [[]]])
def test_no_value_is_too_odd_to_be_refused(office: Office, clerk: Desk, value: object) -> None:
    reference = office.case()
    body = {"action": "add_note", "params": {"note": value}, "expected_version": 1}
    answer = clerk.post(f"/applications/{reference}/actions", body)
    assert answer.status_code == 422, answer.text
    assert office.made(reference) == ["submit"]


def test_a_version_that_is_not_the_newest_is_refused(office: Office, clerk: Desk) -> None:
    reference = office.case()
    clerk.act(reference, "accept", 1)
    for version in (1, 3):
        answer = clerk.act(reference, "docs_seen", version)
        assert answer.status_code == 409
        assert answer.json is not None
        assert kind(answer.json) == "stale"
        assert "version 2" in answer.json["detail"]
    assert office.now(reference).state == "DOCS_REQUIRED"


def test_an_illegal_move_names_the_legal_ones(office: Office, clerk: Desk) -> None:
    answer = clerk.act(office.case(), "paid", 1)
    assert answer.status_code == 409
    assert answer.json is not None
    assert kind(answer.json) == "illegal_move"
    assert answer.json["detail"].startswith("SUBMITTED has no action paid; it has: accept, add_note, ask,")


ROLES = [
    ("CLERK", "water", "accept", 200),
    ("VERIFIER", "water", "accept", 403),
    ("APPROVER", "water", "accept", 403),
    ("CLERK", "water", "escalate", 403),
    ("CLERK", "sewerage", "accept", 404),
    ("CLERK", "water", "withdraw", 200),
]


@pytest.mark.parametrize(("role", "directorate", "action", "status"), ROLES)
def test_an_action_is_for_its_roles_in_the_directorate(
    office: Office, role: str, directorate: str, action: str, status: int
) -> None:
    reference = office.case()
    answer = office.hire("Ali", role, directorate=directorate).act(reference, action, 1)
    assert answer.status_code == status
    assert office.now(reference).version == (2 if status == 200 else 1)


CLEARANCES = [
    (("CLEARANCE",), "electricity", "clear", 200),
    (("CLEARANCE",), "electricity", "not_clear", 200),
    (("APPROVER",), "electricity", "reject", 403),
    (("CLEARANCE", "APPROVER", "CASHIER"), "electricity", "reject", 403),
    (("CLEARANCE",), "municipalities", "clear", 403),
    (("CLERK",), "electricity", "clear", 403),
    (("APPROVER",), "municipalities", "reject", 200),
]


@pytest.mark.parametrize(("roles", "directorate", "action", "status"), CLEARANCES)
def test_a_directorate_that_is_asked_answers_and_does_no_more(
    office: Office, roles: tuple[str, ...], directorate: str, action: str, status: int
) -> None:
    reference, version = permit_at_clearances(office)
    desk = office.hire("Ali", *roles, directorate=directorate)
    params = {"not_clear": {"finding": "cable"}, "reject": {"reason": "drawings"}}.get(action, {})
    opened = desk.get(f"/applications/{reference}").json
    assert opened is not None
    assert (action in {move["action"] for move in opened["actions"]}) == (status == 200)
    answer = desk.act(reference, action, version, **params)
    assert answer.status_code == status, answer.text


def test_a_directorate_that_is_asked_has_no_say_before_its_step(office: Office) -> None:
    reference = office.case("permit", place="20", purpose="new")
    desk = office.hire("Ali", "CLEARANCE", "CLERK", directorate="electricity")
    opened = desk.get(f"/applications/{reference}").json
    assert opened is not None
    assert opened["actions"] == []
    assert desk.act(reference, "accept", 1).status_code == 403


def test_the_last_of_the_directorates_moves_the_case(office: Office) -> None:
    reference, version = permit_at_clearances(office)
    asked = ["water", "sewerage", "electricity", "civil_defence", "tax"]
    for number, directorate in enumerate(asked):
        desk = office.hire(f"Officer of {directorate}", "CLEARANCE", directorate=directorate)
        answer = desk.act(reference, "clear", version + number)
        assert answer.json is not None
        assert answer.json["state"] == ("FEE_DUE" if directorate == "tax" else "CLEARANCES")


def test_an_objection_is_decided_by_someone_else(office: Office) -> None:
    desk = office.hire("Ali", "CLERK", "VERIFIER", "APPROVER", "DIRECTOR")
    reference = office.case()
    desk.act(reference, "accept", 1)
    desk.act(reference, "docs_seen", 2)
    desk.act(reference, "reject", 3, reason="arrears")
    desk.act(reference, "appeal", 4)
    answer = desk.act(reference, "uphold", 5)
    assert answer.status_code == 403
    assert answer.json is not None
    assert kind(answer.json) == "own_case"
    assert office.hire("Huda", "DIRECTOR").act(reference, "uphold", 5).status_code == 200


def test_nobody_approves_a_case_that_they_submitted(office: Office) -> None:
    new = NewApplication("water", PHONE, "10", "ar", ANSWERS, "counter", "c1", None, None, submitted_by="Ali")
    with office.runtime.db.transaction() as tx:
        reference = applications.submit(tx, new, office.runtime.now())[0].reference
    desk = office.hire("Ali", "CLERK", "APPROVER")
    desk.act(reference, "accept", 1)
    desk.act(reference, "docs_seen", 2)
    answer = desk.act(reference, "reject", 3, reason="arrears")
    assert answer.status_code == 403
    assert answer.json is not None
    assert kind(answer.json) == "own_case"
    assert desk.act(reference, "ask", 3, question="plot").status_code == 200  # as a clerk
