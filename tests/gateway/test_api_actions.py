"""Acting on cases through the API: rights, versions, repeats, many at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from gateway.runtime import Runtime
from store import events, outbox
from tests.fixtures import PostOffice
from tests.gateway.office import PHONE, Desk, Office


@pytest.fixture
def office(runtime: Runtime, app: Flask) -> Office:
    return Office(runtime, app)


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


def made(office: Office, reference: str) -> list[str | None]:
    """The actions made on a case."""
    with office.runtime.db.transaction() as tx:
        return [event.action for event in events.history(tx, reference)]


def kind(body: Any) -> str:
    return str(body["type"]).removeprefix("urn:problem-type:missan:")


def permit_at_clearances(office: Office) -> tuple[str, int]:
    """A permit that waits for the answers of five directorates, and its version."""
    desk = office.hire("Everyone", "CLERK", "VERIFIER", "INSPECTOR", directorate="municipalities")
    reference = office.case("permit", place="20", purpose="new")
    desk.act(reference, "accept", 1)
    desk.act(reference, "docs_seen", 2)
    desk.act(reference, "offer_visit", 3, visit_on="2026-12-20", hour=10)
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
        ({"visit_on": "2026-12-20", "hour": 24}, {"hour": "must be a whole number from 0 to 23"}),
        ({"visit_on": 20261220, "hour": "10"}, {"visit_on": "must be a day", "hour": "must be a whole number"}),
        ({"visit_on": ["2026-12-20"], "hour": True}, {"visit_on": "must be a day", "hour": "must be a whole number"}),
        ({"visit_on": "2026-12-20", "hour": 10, "x": 1}, {"x": "is not a parameter of this action"}),
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


@pytest.mark.parametrize("value", ["a" * 31, "two\nlines", "\u202e", "\x00", 7, 1e400, {"a": 1}, [[]]])
def test_no_value_is_too_odd_to_be_refused(office: Office, clerk: Desk, value: object) -> None:
    reference = office.case()
    body = {"action": "add_note", "params": {"note": value}, "expected_version": 1}
    answer = clerk.post(f"/applications/{reference}/actions", body)
    assert answer.status_code == 422, answer.text
    assert made(office, reference) == ["submit"]


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
    params = {"not_clear": {"finding": "cable"}, "reject": {"reason": "documents"}}.get(action, {})
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


def test_a_repeated_request_is_answered_alike_and_done_once(office: Office, clerk: Desk, post: PostOffice) -> None:
    reference = office.case()
    first = clerk.act(reference, "add_note", 1, "k1", note="ملاحظة")
    second = clerk.act(reference, "add_note", 1, "k1", note="ملاحظة")
    assert first.status_code == second.status_code == 200
    assert (first.data, first.content_type) == (second.data, second.content_type)
    assert made(office, reference) == ["submit", "add_note"]
    assert len(post.texts_to(PHONE)) == 2


def test_a_refusal_is_repeated_too(office: Office, clerk: Desk) -> None:
    reference = office.case()
    first = clerk.act(reference, "docs_seen", 1, "k1")
    clerk.act(reference, "accept", 1)
    second = clerk.act(reference, "docs_seen", 1, "k1")
    assert first.status_code == second.status_code == 409
    assert (first.data, first.content_type) == (second.data, second.content_type)


def test_a_key_used_for_another_request_is_refused(office: Office, clerk: Desk) -> None:
    one, other = office.case(), office.case()
    assert clerk.act(one, "add_note", 1, "k1", note="a").status_code == 200
    for reference, version, note in ((one, 1, "b"), (one, 2, "a"), (other, 1, "a")):
        answer = clerk.act(reference, "add_note", version, "k1", note=note)
        assert answer.status_code == 422
        assert answer.json is not None
        assert kind(answer.json) == "key_reused"
    assert made(office, one) == ["submit", "add_note"]
    assert made(office, other) == ["submit"]


def test_two_officers_may_use_the_same_key(office: Office, clerk: Desk) -> None:
    one, other = office.case(), office.case()
    assert clerk.act(one, "accept", 1, "k1").status_code == 200
    assert office.hire("Ali", "CLERK").act(other, "accept", 1, "k1").status_code == 200


def test_a_malformed_request_does_not_use_up_its_key(office: Office, clerk: Desk) -> None:
    reference = office.case()
    assert clerk.post(f"/applications/{reference}/actions", {"action": "accept"}, "k1").status_code == 422
    assert clerk.act(reference, "accept", 1, "k1").status_code == 200


@pytest.mark.parametrize("attempt", range(4))
def test_repeats_that_cross_each_other_are_answered_alike_and_done_once(
    office: Office, clerk: Desk, attempt: int
) -> None:
    reference = office.case()
    with ThreadPoolExecutor(4) as pool:
        crossing = [pool.submit(clerk.act, reference, "add_note", 1, "k1", note="x") for _ in range(4)]
    answers = [each.result() for each in crossing]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.data for answer in answers}) == 1
    assert made(office, reference) == ["submit", "add_note"]
    with office.runtime.db.transaction() as tx:
        assert len(outbox.of_reference(tx, reference)) == 2


def test_of_two_officers_that_cross_one_is_told(office: Office, clerk: Desk) -> None:
    reference = office.case()
    other = office.hire("Ali", "CLERK")
    with ThreadPoolExecutor(2) as pool:
        crossing = [pool.submit(desk.act, reference, "accept", 1) for desk in (clerk, other)]
    assert sorted(each.result().status_code for each in crossing) == [200, 409]
    assert made(office, reference) == ["submit", "accept"]


def many(*actions: tuple[str, str, int]) -> dict[str, Any]:
    return {"actions": [{"reference": r, "action": a, "expected_version": v} for r, a, v in actions]}


def test_many_actions_are_made_or_refused_each_by_itself(office: Office, clerk: Desk) -> None:
    good, stale, wrong = office.case(), office.case(), office.case()
    foreign = office.case("permit", place="20", purpose="new")
    body = many((good, "accept", 1), (stale, "accept", 9), (foreign, "accept", 1), (wrong, "paid", 1))
    body["actions"].append({"reference": good, "action": "add_note", "params": {"note": "نص"}, "expected_version": 2})
    answer = clerk.post("/actions", body)
    assert answer.status_code == 200
    assert answer.json is not None
    results = answer.json["results"]
    assert [result["reference"] for result in results] == [good, stale, foreign, wrong, good]
    assert [result["status"] for result in results] == [200, 409, 403, 409, 200]
    assert [kind(each["problem"]) for each in results if "problem" in each] == ["stale", "forbidden", "illegal_move"]
    assert results[4]["application"]["version"] == 3
    assert "نص" in answer.text
    assert made(office, good) == ["submit", "accept", "add_note"]


def test_many_repeated_are_answered_alike_and_done_once(office: Office, clerk: Desk) -> None:
    one, other = office.case(), office.case()
    body = many((one, "accept", 1), (other, "paid", 1), (other, "accept", 1))
    first, second = clerk.post("/actions", body, "k1"), clerk.post("/actions", body, "k1")
    assert first.data == second.data
    assert made(office, one) == made(office, other) == ["submit", "accept"]
    changed = clerk.post("/actions", many((one, "accept", 1), (other, "docs_seen", 2)), "k1").json
    assert changed is not None
    assert [result["status"] for result in changed["results"]] == [200, 422]
    assert clerk.act(one, "docs_seen", 2, "k1").status_code == 200


@pytest.mark.parametrize(
    ("actions", "field"),
    [
        ([], "actions"),
        ([{"reference": "24839174", "action": "accept", "expected_version": 1}] * 101, "actions"),
        ([{"reference": "2483917", "action": "accept", "expected_version": 1}], "actions.0.reference"),
        ([{"reference": "24839174", "action": "accept"}], "actions.0.expected_version"),
        ([{"reference": "24839174", "action": "accept", "expected_version": 1, "by": "me"}], "actions.0.by"),
    ],
)
def test_many_that_are_not_well_formed_are_refused_as_a_whole(
    clerk: Desk, actions: list[dict[str, object]], field: str
) -> None:
    answer = clerk.post("/actions", {"actions": actions})
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["name"] for each in answer.json["fields"]] == [field]


def test_a_hundred_actions_fit_in_one_request(office: Office, clerk: Desk) -> None:
    reference = office.case()
    answer = clerk.post("/actions", many(*((reference, "paid", 1) for _ in range(100))), key="x" * 200)
    assert answer.json is not None
    assert [result["status"] for result in answer.json["results"]] == [409] * 100
