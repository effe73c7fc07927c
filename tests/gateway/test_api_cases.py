"""What an officer sees through the API: lists by filter and cursor, one case whole, and nobody else's cases."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.api import cursors
from gateway.app import create_app
from gateway.runtime import Runtime
from tests.gateway.cases import workday
from tests.gateway.office import PHONE, Desk, Office

PERMIT = {"purpose": "new"}


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


def listed(desk: Desk, **query: object) -> list[str]:
    answer = desk.get("/applications", **query)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return [case["reference"] for case in answer.json["items"]]


def test_cases_are_listed_newest_first_with_what_the_officer_needs(office: Office, clerk: Desk) -> None:
    first, second = office.case(), office.case(account="12345")
    answer = clerk.get("/applications")
    assert answer.json is not None
    assert [case["reference"] for case in answer.json["items"]] == [second, first]
    assert answer.json["next"] is None
    case = answer.json["items"][0]
    assert case["answers"]["account"] == "…45"  # a personal answer, masked in lists
    assert (case["phone"], case["state"], case["version"]) == (PHONE, "SUBMITTED", 1)
    assert "submission" not in case


def test_filters_narrow_the_list(office: Office, clerk: Desk) -> None:
    mine, other = office.case(), office.case(phone="+9647709999999")
    clerk.act(other, "accept", 1)
    assert listed(clerk, state="SUBMITTED") == [mine]
    assert listed(clerk, service="permit") == []
    assert listed(clerk, service="water", state="DOCS_REQUIRED") == [other]


@pytest.mark.parametrize("typed", ["+9647701234567", "07701234567", "9647701234567", " 9647701234567"])
def test_a_phone_is_found_however_it_is_typed(office: Office, clerk: Desk, typed: str) -> None:
    mine = office.case()
    office.case(phone="+9647709999999")
    assert listed(clerk, phone=typed) == [mine]


@pytest.mark.parametrize(("number", "limit"), [(7, 3), (6, 3), (3, 3), (0, 3), (2, 1)])
def test_pages_follow_each_other_without_loss_or_repeat(office: Office, clerk: Desk, number: int, limit: int) -> None:
    made = [office.case() for _ in range(number)]
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = clerk.get("/applications", **query).json
        assert answer is not None
        seen += [case["reference"] for case in answer["items"]]
        cursor, pages = answer["next"], pages + 1
        office.case()  # someone applies between two pages
    assert seen == made[::-1]
    assert pages == max(1, -(-number // limit))


def test_cases_of_one_instant_are_paged_by_reference(runtime: Runtime, clerk: Desk) -> None:
    frozen = replace(runtime, now=lambda: datetime(2026, 5, 1, 9, 0, 0, 123456, UTC))
    office = Office(frozen, create_app(frozen))
    made = sorted([office.case() for _ in range(4)], reverse=True)
    first = clerk.get("/applications", limit=2).json
    assert first is not None
    assert [case["reference"] for case in first["items"]] == made[:2]
    assert listed(clerk, limit=2, cursor=first["next"]) == made[2:]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 5, 1, 9, 0, 0, 123456, UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(2026, 5, 1, 9, 0, 0, 1, timezone(timedelta(hours=3))),
    ],
)
def test_a_cursor_keeps_the_microsecond(moment: datetime) -> None:
    assert cursors.read(cursors.write((moment, "24839174"))) == (moment, "24839174")


def test_a_case_is_opened_with_history_messages_and_actions(office: Office, clerk: Desk) -> None:
    reference = office.case()
    clerk.act(reference, "accept", 1)
    case = clerk.get(f"/applications/{reference}").json
    assert case is not None
    assert [(e["action"], e["from_state"], e["to_state"], e["actor_kind"], e["actor"]) for e in case["history"]] == [
        ("submit", None, "SUBMITTED", "citizen", PHONE),
        ("accept", "SUBMITTED", "DOCS_REQUIRED", "officer", "Zahra"),
    ]
    assert [(m["state"], m["attempts"], reference in m["text"]) for m in case["messages"]] == [("queued", 0, True)] * 2
    assert {move["action"] for move in case["actions"]} == {"docs_seen", "withdraw", "add_note"}


DAY = "YYYY-MM-DD, today or later and within a year"


def test_an_action_says_what_it_needs(office: Office) -> None:
    office.hire("Zahra", "CLERK").act(reference := office.case(), "accept", 1)
    inspector = office.hire("Ali", "CLERK", "VERIFIER")
    inspector.act(reference, "docs_seen", 2)
    case = inspector.get(f"/applications/{reference}").json
    assert case is not None
    offer = next(move for move in case["actions"] if move["action"] == "offer_visit")
    assert (offer["to"], offer["by"]) == ("VISIT_OFFERED", ["VERIFIER"])
    assert offer["params"] == [
        {
            "id": "visit_on",
            "type": "day",
            "required": True,
            "form": "YYYY-MM-DD, today or later and within a year, a working day",
        },
        {"id": "hour", "type": "hour", "required": True, "form": "whole hour, 7 to 15"},
    ]


def test_an_action_that_is_used_up_is_no_longer_offered(office: Office) -> None:
    desk = office.hire("Ali", "CLERK", "VERIFIER")
    reference = office.case()
    desk.act(reference, "accept", 1)
    desk.act(reference, "docs_seen", 2)
    desk.act(reference, "offer_visit", 3, visit_on=workday(), hour=10)
    for version in (4, 5):
        assert desk.act(reference, "change", version).status_code == 200
    case = desk.get(f"/applications/{reference}").json
    assert case is not None
    assert "change" not in {move["action"] for move in case["actions"]}
    assert desk.act(reference, "change", 6).status_code == 409


def test_arabic_is_written_as_it_is_and_times_are_utc(office: Office, clerk: Desk) -> None:
    reference = office.case()
    answer = clerk.get(f"/applications/{reference}")
    assert "طلب" in answer.text
    assert "\\u" not in answer.text
    assert answer.json is not None
    for name in ("created_at", "updated_at", "state_since", "due_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", answer.json[name])


@pytest.mark.parametrize("reference", ["24839170", "00000000", "1", "x", "%00", "٢٤٨٣٩١٧٤", "24839174'"])
def test_what_is_no_case_is_404(office: Office, clerk: Desk, reference: str) -> None:
    assert clerk.get(f"/applications/{reference}").status_code == 404
    assert clerk.act(reference, "accept", 1).status_code == 404


SEES = [
    ("water", "10", "water", True),
    ("water", "10", "electricity", False),
    ("water", "10", "municipalities", False),
    ("permit", "10", "municipality_amara", True),
    ("permit", "10", "municipalities", True),
    ("permit", "20", "municipalities", True),
    ("permit", "20", "municipality_amara", False),
    ("permit", "10", "electricity", True),  # asked for its clearance
    ("permit", "10", "education", False),
]


@pytest.mark.parametrize(("service", "place", "directorate", "sees"), SEES)
def test_a_directorate_sees_its_own_cases_and_those_it_is_asked_about(
    office: Office, service: str, place: str, directorate: str, sees: bool
) -> None:
    reference = office.case(service, place=place, **(PERMIT if service == "permit" else {}))
    desk = office.hire("Ali", "APPROVER", "CLEARANCE", directorate=directorate)
    assert listed(desk) == ([reference] if sees else [])
    foreign, absent = desk.get(f"/applications/{reference}"), desk.get("/applications/24839170")
    assert foreign.status_code == (200 if sees else 404)
    assert sees or foreign.text == absent.text
    assert (desk.act(reference, "submit_to_me", 1).status_code == 404) is not sees


def test_a_transferred_case_goes_to_the_other_desk(office: Office, clerk: Desk) -> None:
    reference = office.case()
    other = office.hire("Ali", "CLERK", directorate="sewerage")
    assert other.get(f"/applications/{reference}").status_code == 404
    assert clerk.act(reference, "transfer", 1, directorate="sewerage").status_code == 200
    assert listed(other) == [reference]
    assert other.act(reference, "accept", 2).status_code == 200
