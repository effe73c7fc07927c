"""Requests that come again, cross each other, or hold many actions."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from store import outbox
from tests.fixtures import PostOffice
from tests.gateway.office import PHONE, Desk, Office, kind


@pytest.fixture
def clerk(office: Office) -> Desk:
    return office.hire("Zahra", "CLERK")


def test_a_repeated_request_is_answered_alike_and_done_once(office: Office, clerk: Desk, post: PostOffice) -> None:
    reference = office.case()
    first = clerk.act(reference, "add_note", 1, "k1", note="ملاحظة")
    second = clerk.act(reference, "add_note", 1, "k1", note="ملاحظة")
    assert first.status_code == second.status_code == 200
    assert (first.data, first.content_type) == (second.data, second.content_type)
    assert office.made(reference) == ["submit", "add_note"]
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
    assert office.made(one) == ["submit", "add_note"]
    assert office.made(other) == ["submit"]


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
    assert office.made(reference) == ["submit", "add_note"]
    with office.runtime.db.transaction() as tx:
        assert len(outbox.of_reference(tx, reference)) == 2


def test_of_two_officers_that_cross_one_is_told(office: Office, clerk: Desk) -> None:
    reference = office.case()
    other = office.hire("Ali", "CLERK")
    with ThreadPoolExecutor(2) as pool:
        crossing = [pool.submit(desk.act, reference, "accept", 1) for desk in (clerk, other)]
    assert sorted(each.result().status_code for each in crossing) == [200, 409]
    assert office.made(reference) == ["submit", "accept"]


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
    assert office.made(good) == ["submit", "accept", "add_note"]


def test_many_repeated_are_answered_alike_and_done_once(office: Office, clerk: Desk) -> None:
    one, other = office.case(), office.case()
    body = many((one, "accept", 1), (other, "paid", 1), (other, "accept", 1))
    first, second = clerk.post("/actions", body, "k1"), clerk.post("/actions", body, "k1")
    assert first.data == second.data
    assert office.made(one) == office.made(other) == ["submit", "accept"]
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
