"""At the counter: a clerk writes the form, the citizen's own phone decides, and nobody approves their own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from gateway.clockwork import keep_time
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from tests.fixtures import PostOffice, poster
from tests.gateway.office import Desk, Office, problem
from tests.handset import Handset

FORM = {"request": "new", "use": "home", "plot": "1234", "account": "none", "billing": "meter"}


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK", "APPROVER")


@pytest.fixture
def citizen(app: Flask) -> Handset:
    return Handset(poster(app))


def slip(phone: str, **more: Any) -> dict[str, Any]:
    return {"service": "water", "phone": phone, "place": "10", "answers": FORM} | more


def taken(clerk: Desk, phone: str) -> str:
    answer = clerk.post("/applications", slip(phone))
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["state"], answer.json["submitted_by"]) == ("UNCONFIRMED", "Zahra")
    return str(answer.json["reference"])


def actors(office: Office, clerk: Desk, reference: str) -> list[tuple[str, str]]:
    opened = clerk.get(f"/applications/{reference}").json
    assert opened is not None
    return [(event["action"], event["actor_kind"]) for event in opened["history"]]


def test_the_citizen_confirms_by_sms_and_both_are_recorded(
    office: Office, clerk: Desk, citizen: Handset, post: PostOffice
) -> None:
    reference = taken(clerk, citizen.phone)
    assert "1" in post.texts_to(citizen.phone)[-1]
    citizen.texts("1")
    assert office.now(reference).state == "SUBMITTED"
    assert actors(office, clerk, reference) == [("submit", "officer"), ("confirm", "citizen")]
    assert "15" in post.texts_to(citizen.phone)[-1]  # the receipt, with the promise


def test_the_citizen_confirms_on_the_screen(office: Office, clerk: Desk, citizen: Handset) -> None:
    reference = taken(clerk, citizen.phone)
    citizen.dial()
    if reference not in citizen.screen:
        citizen.press("6", "1")
    citizen.sees("تأكيد").press("1")
    assert office.now(reference).state == "SUBMITTED"


def test_who_did_not_ask_says_so(office: Office, clerk: Desk, citizen: Handset) -> None:
    reference = taken(clerk, citizen.phone)
    citizen.texts("2")
    assert office.now(reference).state == "WITHDRAWN"


def test_nothing_is_done_before_the_phone_has_said_so(office: Office, clerk: Desk, citizen: Handset) -> None:
    reference = taken(clerk, citizen.phone)
    problem(clerk.act(reference, "accept", 1), 409, "illegal_move")
    problem(clerk.act(reference, "confirm", 1), 403, "forbidden")


def test_silence_closes_it(
    at: Callable[[datetime], Runtime], office: Office, clerk: Desk, citizen: Handset, post: PostOffice
) -> None:
    reference = taken(clerk, citizen.phone)
    keep_time(at(datetime.now(UTC) + timedelta(days=7)), Setbacks())
    assert office.now(reference).state == "WITHDRAWN"
    assert "لم تؤكد" in post.texts_to(citizen.phone)[-1]


def test_who_submitted_does_not_decide(office: Office, clerk: Desk, citizen: Handset) -> None:
    reference = taken(clerk, citizen.phone)
    citizen.texts("1")
    clerk.act(reference, "accept", 2)
    clerk.act(reference, "docs_seen", 3)
    problem(clerk.act(reference, "reject", 4, reason="arrears"), 403, "own_case")
    other = office.hire("Huda", "APPROVER")
    assert other.act(reference, "reject", 4, reason="arrears").status_code == 200


def test_sending_it_again_makes_one_case(clerk: Desk, citizen: Handset) -> None:
    first = clerk.post("/applications", slip(citizen.phone), key="k1")
    assert clerk.post("/applications", slip(citizen.phone), key="k1").text == first.text
    problem(clerk.post("/applications", slip(citizen.phone, place="20"), key="k1"), 422, "key_reused")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"service": "watr"}, "service"),
    ({"place": "99"}, "place"),
    ({"answers": {**FORM, "plot": "12345678"}}, "plot"),
    ({"answers": {**FORM, "use": "palace"}}, "use"),
    ({"answers": {name: FORM[name] for name in FORM if name != "billing"}}, "billing"),
    ({"answers": {**FORM, "colour": "blue"}}, "colour"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_a_form_with_faults_names_them(clerk: Desk, citizen: Handset, change: dict[str, Any], field: str) -> None:
    refused = problem(clerk.post("/applications", slip(citizen.phone) | change), 422, "invalid_params")
    assert field in [fault["name"] for fault in refused["fields"]]


def test_a_choice_may_be_its_key(clerk: Desk, citizen: Handset) -> None:
    keys = {"request": "1", "use": "1", "plot": "0", "account": "0", "billing": "2"}
    answer = clerk.post("/applications", slip(citizen.phone, answers=keys)).json
    assert answer is not None
    assert answer["answers"]["plot"] == "unknown"


@pytest.mark.parametrize(("role", "directorate"), [("VERIFIER", "water"), ("CLERK", "education")])
def test_only_a_clerk_of_the_service_takes_it(office: Office, citizen: Handset, role: str, directorate: str) -> None:
    desk = office.hire("Ali", role, directorate=directorate)
    problem(desk.post("/applications", slip(citizen.phone)), 403, "forbidden")


def test_one_open_case_is_enough_at_the_counter_too(office: Office, citizen: Handset) -> None:
    desk = office.hire("Ali", "CLERK", directorate="agriculture")
    answers = {"crop": "wheat", "irrigation": "river", "area": "400", "land": "owner", "wants": "both"}
    wanted = slip(citizen.phone, service="inputs", answers=answers)
    assert desk.post("/applications", wanted).status_code == 200
    problem(desk.post("/applications", wanted), 409, "already_open")
