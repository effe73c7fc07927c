"""A message is sent again over the API: by whom, with a reason, and once."""

import pytest
import sqlalchemy as sa

from tests.gateway.office import PHONE, Desk, Office, problem


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


def undelivered(office: Office) -> tuple[str, int]:
    """A case whose receipt did not arrive: (its reference, the message's id)."""
    reference = office.case()
    with office.runtime.db.transaction() as tx:
        number = tx.execute(
            sa.text("""
                UPDATE gateway.message SET state = 'undelivered', error = 'Failed: UserDoesNotExist'
                WHERE reference = :reference RETURNING id"""),
            {"reference": reference},
        ).scalar_one()
    return reference, number


def test_a_clerk_sees_why_a_message_did_not_arrive(office: Office, clerk: Desk) -> None:
    reference, number = undelivered(office)
    (message,) = clerk.get(f"/applications/{reference}").get_json()["messages"]
    assert (message["id"], message["state"], message["error"]) == (number, "undelivered", "Failed: UserDoesNotExist")


def test_a_clerk_sends_it_again_with_a_reason_and_once(office: Office, clerk: Desk) -> None:
    _, number = undelivered(office)
    first = clerk.post(f"/messages/{number}/resend", {"reason": "she has a new SIM"}, "k1")
    assert (first.status_code, first.get_json()["state"]) == (200, "queued")
    assert clerk.post(f"/messages/{number}/resend", {"reason": "she has a new SIM"}, "k1").data == first.data
    problem(clerk.post(f"/messages/{number}/resend", {"reason": "again"}), 409, "illegal_move")
    with office.runtime.db.transaction() as tx:
        kept = tx.execute(sa.text("SELECT message_id, was, by, reason FROM gateway.resend")).all()
    assert [tuple(row) for row in kept] == [(number, "undelivered", "Zahra", "she has a new SIM")]


def test_clerks_see_across_their_cases_whom_to_call_and_why(office: Office, clerk: Desk) -> None:
    newest_first = [undelivered(office) for _ in range(3)][::-1]
    first = clerk.get("/messages", limit=2).get_json()
    assert [(each["reference"], each["id"]) for each in first["items"]] == newest_first[:2]
    assert {(each["phone"], each["state"], each["reason"], each["service"]) for each in first["items"]} == {
        (PHONE, "undelivered", "Failed: UserDoesNotExist", "water")
    }
    rest = clerk.get("/messages", limit=2, cursor=first["next"]).get_json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == ([newest_first[2][1]], None)
    assert clerk.get("/messages", state="unsure").get_json()["items"] == []
    clerk.post(f"/messages/{newest_first[0][1]}/resend", {"reason": "she has a new SIM"})
    assert len(clerk.get("/messages", state="undelivered").get_json()["items"]) == 2
    with office.runtime.db.transaction() as tx:
        looks = tx.execute(sa.text("SELECT officer, view, cases FROM gateway.access_log ORDER BY id LIMIT 1")).one()
    assert tuple(looks) == ("Zahra", "list", 3)


def test_messages_of_another_directorate_s_cases_are_not_listed(office: Office) -> None:
    undelivered(office)
    stranger = office.hire("Ali", "CLERK", directorate="agriculture")
    assert stranger.get("/messages").get_json() == {"items": [], "next": None}


@pytest.mark.parametrize("query", [{"state": "sent"}, {"cursor": "x"}, {"limit": 0}, {"phone": "1"}])
def test_a_list_asked_wrongly_is_refused(clerk: Desk, query: dict[str, object]) -> None:
    problem(clerk.get("/messages", **query), 422, "invalid_request")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 201}, {"reason": "why", "more": 1}])
def test_without_a_reason_nothing_is_sent(office: Office, clerk: Desk, body: dict[str, object]) -> None:
    _, number = undelivered(office)
    problem(clerk.post(f"/messages/{number}/resend", body), 422, "invalid_request")


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 30])
def test_a_message_that_is_not_there_is_not_found(clerk: Desk, number: str) -> None:
    problem(clerk.post(f"/messages/{number}/resend", {"reason": "why not"}), 404, "not_found")


def test_a_message_of_another_directorate_is_not_found(office: Office) -> None:
    _, number = undelivered(office)
    stranger = office.hire("Ali", "CLERK", directorate="agriculture")
    problem(stranger.post(f"/messages/{number}/resend", {"reason": "why not"}), 404, "not_found")
