"""Duplicates become one case, transfers stay the same one, objections go to somebody else."""

from functools import partial

import pytest

from tests.fixtures import PostOffice
from tests.gateway.cases import Cases, workday
from tests.gateway.clearances import ASKED, Clearances
from tests.gateway.office import Desk, Office, problem
from tests.gateway.test_rivals import at_once


@pytest.fixture
def unit(office: Office) -> Desk:
    return office.hire("Sara", "GRO", directorate="governorate")


def test_a_duplicate_closes_and_the_other_case_notes_it(unit: Desk, cases: Cases, post: PostOffice) -> None:
    first, second = cases.put("grievance", "UNDER_REVIEW"), cases.put("grievance", "SUBMITTED")
    post.relay()
    assert unit.act(second, "merge", 1, merged_into=first).status_code == 200
    assert cases.one("state", second) == "COMPLETED"
    assert (cases.one("state", first), cases.one("details ->> 'merged_from'", first)) == ("UNDER_REVIEW", second)
    assert cases.actions(first)[-1] == "joined"
    told = [post.texts_to(cases.one("phone", reference)) for reference in (first, second)]
    assert [len([text for text in texts if text]) for texts in told] == [1, 2]  # the first hears nothing of it


@pytest.mark.parametrize("wrong", ["self", "nobody", "water", "closed"])
def test_a_case_is_merged_into_an_open_one_of_its_kind(unit: Desk, cases: Cases, wrong: str) -> None:
    reference = cases.put("grievance", "SUBMITTED")
    into = {"self": reference, "nobody": "24839174"}.get(wrong, "")
    if wrong in ("water", "closed"):
        into = cases.put("water", "SUBMITTED") if wrong == "water" else cases.put("grievance", "COMPLETED")
    refused = problem(unit.act(reference, "merge", 1, merged_into=into), 422, "invalid_params")
    assert [fault["name"] for fault in refused["fields"]] == ["merged_into"]
    assert cases.one("version", reference) == 1


def test_two_merges_into_each_other_do_not_wait_for_each_other(office: Office, cases: Cases) -> None:
    pairs = [(cases.put("grievance", "SUBMITTED"), cases.put("grievance", "SUBMITTED")) for _ in range(8)]
    desks = [office.hire(name, "GRO", directorate="governorate") for name in ("Sara", "Noor")]
    for one, other in pairs:
        works = [(desks[0], one, other), (desks[1], other, one)]
        answers = at_once(*(partial(desk.act, a, "merge", 1, merged_into=b) for desk, a, b in works))
        states = sorted(cases.one("state", reference) for reference in (one, other))
        done = [answer.status_code for answer in answers].count(200)
        assert (done, states) in [(1, ["COMPLETED", "SUBMITTED"]), (0, ["SUBMITTED", "SUBMITTED"])]


def test_a_transfer_keeps_the_reference_and_changes_the_desk(office: Office, cases: Cases, post: PostOffice) -> None:
    reference = cases.put("permit", "UNDER_REVIEW", purpose="new")  # of Amara's municipality
    post.relay()
    amara, rest = (office.hire(name, "VERIFIER", directorate=name) for name in ("municipality_amara", "municipalities"))
    answer = amara.act(reference, "transfer", 1, directorate="municipalities")
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["reference"], answer.json["state"]) == (reference, "SUBMITTED")
    assert amara.get(f"/applications/{reference}").status_code == 404
    assert rest.get(f"/applications/{reference}").status_code == 200
    assert "بلديات ميسان" in post.texts_to(cases.one("phone", reference))[-1]


def test_a_quota_is_not_judged_by_who_set_it(office: Office, cases: Cases) -> None:
    both = office.hire("Ali", "BRANCH", "DIRECTOR", directorate="agriculture")
    reference = cases.put("inputs", "UNDER_REVIEW", wants="seed")
    both.act(reference, "quota", 1, seed=50)
    clerk = office.hire("Zahra", "CLERK", directorate="agriculture")
    clerk.act(reference, "object", 2)
    both.act(reference, "ask", 3, question="area")
    clerk.act(reference, "answer", 4, value="40")
    assert cases.one("state", reference) == "APPEALED"
    problem(both.act(reference, "keep_quota", 5), 403)
    for action in ("uphold", "overturn"):
        assert "keep_quota" in problem(both.act(reference, action, 5), 409)["detail"]
    assert office.hire("Huda", "DIRECTOR", directorate="agriculture").act(reference, "keep_quota", 5).status_code == 200


def test_a_note_of_another_does_not_let_the_first_judge_again(office: Office, cases: Cases) -> None:
    both = office.hire("Ali", "SILO", "DIRECTOR", directorate="agriculture")
    reference = cases.put("produce", "APPROVED", crop="wheat")
    both.act(reference, "weighed", 1, kg=5000, grade=2)
    clerk = office.hire("Zahra", "CLERK", directorate="agriculture")
    clerk.act(reference, "add_note", 2, note="he waits outside")
    clerk.act(reference, "object", 3)
    problem(both.act(reference, "settle_weight", 4, kg=5000, grade=2), 403, "own_case")
    other = office.hire("Huda", "DIRECTOR", directorate="agriculture")
    assert other.act(reference, "settle_weight", 4, kg=5000, grade=1).status_code == 200


def test_answers_of_an_earlier_round_of_clearances_do_not_count(office: Office, cases: Cases) -> None:
    step = Clearances(office, cases)
    step.clear(*ASKED[:4])
    for state in ("UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "CLEARANCES"):  # another system brings it back
        cases.set_state(step.reference, state)
    step.clear("tax")
    assert cases.one("state", step.reference) == "CLEARANCES"
    step.clear(*ASKED[:4])
    assert cases.one("state", step.reference) == "FEE_DUE"


def test_a_visit_is_changed_twice_at_most(office: Office, cases: Cases) -> None:
    reference = cases.put("water", "VISIT_OFFERED", request="new")
    desk = office.hire("Ali", "CLERK", "VERIFIER")
    for version in (1, 3):
        assert desk.act(reference, "change", version).status_code == 200
        assert desk.act(reference, "new_visit", version + 1, visit_on=workday(), hour=9).status_code == 200
    problem(desk.act(reference, "change", 5), 409, "limit_reached")


def test_the_second_dissatisfaction_is_the_last_and_each_goes_one_level_up(office: Office, cases: Cases) -> None:
    reference = cases.put("grievance", "RESOLVED")
    desk = office.hire("Sara", "GRO", "CLERK", directorate="governorate")
    for level in (1, 2):
        assert desk.act(reference, "not_satisfied", cases.one("version", reference)).status_code == 200
        assert cases.one("details ->> 'level'", reference) == str(level)
        desk.act(reference, "assign", cases.one("version", reference))
        desk.act(reference, "resolve", cases.one("version", reference), result="repaired")
    problem(desk.act(reference, "not_satisfied", cases.one("version", reference)), 409, "limit_reached")
