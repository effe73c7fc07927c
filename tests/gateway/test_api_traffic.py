"""What officers see of the SMS traffic over the API: held messages, senders kept quiet and their release, the costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from store import quarantine
from tests.gateway.office import PHONE, Desk, Office, problem

NOW = datetime.now(UTC)
DAYS = {"since": f"{NOW - timedelta(days=2):%Y-%m-%d}", "until": f"{NOW + timedelta(days=1):%Y-%m-%d}"}


def run(office: Office, statement: str, **values: Any) -> None:
    with office.runtime.db.transaction() as tx:
        tx.execute(sa.text(statement), values)


def hold(office: Office, reference: str) -> None:
    """Its receipt waits for the morning."""
    hold = "UPDATE gateway.message SET held = 'quiet hours', next_attempt_at = :at WHERE reference = :reference"
    run(office, hold, at=NOW + timedelta(hours=8), reference=reference)


def pay(office: Office, reference: str, cost: str, at: datetime = NOW) -> None:
    run(
        office,
        "INSERT INTO gateway.attempt (message_id, provider, at, outcome, code, parts, cost)"
        " SELECT id, 'africastalking', :at, 'sent', 'Success', 2, :cost"
        " FROM gateway.message WHERE reference = :reference",
        reference=reference, cost=cost, at=at,
    )  # fmt: skip


def quiet(office: Office, sender: str, reason: quarantine.Reason = "flood") -> None:
    with office.runtime.db.transaction() as tx:
        quarantine.put(tx, sender, reason, NOW + timedelta(hours=5), NOW)


def shown(desk: Desk, path: str, **query: str) -> list[dict[str, Any]]:
    answer = desk.get(path, **query)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def test_an_officer_sees_what_is_held_of_the_directorates_cases(office: Office) -> None:
    water, school = office.case(), office.case("school", stage="primary")
    hold(office, water)
    hold(office, school)
    (one,) = shown(office.hire("Zahra", "CLERK"), "/messages/held")
    assert (one["reference"], one["service"], one["held"]) == (water, "water", "quiet hours")
    assert one["leaves_at"].endswith("Z")
    everything = shown(office.hire("Ali", "GRO", directorate="governorate"), "/messages/held")
    assert {each["reference"] for each in everything} == {water, school}


@pytest.mark.parametrize("role", ["GRO", "DIRECTOR"])
def test_who_is_kept_quiet_is_seen_and_released_once(office: Office, role: str) -> None:
    quiet(office, PHONE)
    quiet(office, "5599", "no phone")
    desk = office.hire("Zahra", role)
    assert {(each["sender"], each["reason"]) for each in shown(desk, "/quarantine")} == {
        (PHONE, "flood"), ("5599", "no phone")
    }  # fmt: skip
    first = desk.post("/quarantine/release", {"sender": "0770 123 4567"}, "k1")
    assert (first.status_code, first.get_json()) == (200, {"reasons": 1})
    assert desk.post("/quarantine/release", {"sender": "0770 123 4567"}, "k1").data == first.data
    assert desk.post("/quarantine/release", {"sender": "5599"}).get_json() == {"reasons": 1}
    assert shown(desk, "/quarantine") == []
    problem(desk.post("/quarantine/release", {"sender": PHONE}), 404, "not_found")
    with office.runtime.db.transaction() as tx:
        released = tx.execute(sa.text("SELECT DISTINCT released_by FROM gateway.quarantine")).scalars().all()
        looks = tx.execute(sa.text("SELECT asked FROM gateway.access_log WHERE view = 'list'")).scalars().all()
    assert released == ["Zahra"]
    assert {"what": "quarantine"} in looks


def test_phones_in_quarantine_are_for_directors_and_the_unit_that_hears_complaints(office: Office) -> None:
    quiet(office, PHONE)
    clerk = office.hire("Zahra", "CLERK", "VERIFIER", "CASHIER")
    problem(clerk.get("/quarantine"), 403, "forbidden")
    problem(clerk.post("/quarantine/release", {"sender": PHONE}), 403, "forbidden")
    assert len(shown(office.hire("Ali", "DIRECTOR"), "/quarantine")) == 1


def test_a_director_sees_the_costs_of_the_own_directorate_and_the_governorate_all(office: Office) -> None:
    water, school = office.case(), office.case("school", stage="primary")
    pay(office, water, "KES 1.6000")
    pay(office, water, "KES 0.8000")
    pay(office, school, "KES 0.8000")
    pay(office, water, "KES 9.0000", NOW - timedelta(days=40))
    own = shown(office.hire("Zahra", "DIRECTOR"), "/ledger", **DAYS)
    assert own == [
        {"directorate": "water", "service": "water", "messages": 2, "parts": 4, "price": "2.4000", "currency": "KES"}
    ]
    everything = shown(office.hire("Ali", "DIRECTOR", directorate="governorate"), "/ledger", **DAYS)
    assert [(line["directorate"], line["price"]) for line in everything] == [
        ("education", "0.8000"),
        ("water", "2.4000"),
    ]
    problem(office.hire("Nur", "CLERK").get("/ledger", **DAYS), 403, "forbidden")


@pytest.mark.parametrize("query", [{}, {"since": "2026-01-01"}, {**DAYS, "until": "tomorrow"}, {**DAYS, "more": "1"}])
def test_a_ledger_without_its_days_is_refused(office: Office, query: dict[str, str]) -> None:
    problem(office.hire("Zahra", "DIRECTOR").get("/ledger", **query), 422, "invalid_request")
