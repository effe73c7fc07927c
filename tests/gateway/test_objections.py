"""An objection goes back to what it is about: a rejection, a quota, a weight; and it is made in time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from gateway.clockwork import keep_time
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.settings import ROOT
from handlers import cases as own_cases
from handlers import moves
from menus.load import load_content
from store import applications
from tests.fixtures import PostOffice
from tests.gateway.cases import Cases
from tests.gateway.office import Desk, Office, problem
from tests.handset import Handset

At = Callable[[datetime], Runtime]
WEIGHT, QUOTA, REJECTION = ("produce", "PAYOUT"), ("inputs", "OFFERED"), ("water", "REJECTED")
OWN = {WEIGHT: {"settle_weight"}, QUOTA: {"keep_quota", "amend_quota"}, REJECTION: {"overturn", "uphold"}}


@pytest.fixture
def director(office: Office) -> Callable[[str], Desk]:
    return lambda directorate: office.hire(f"Huda of {directorate}", "DIRECTOR", directorate=directorate)


def objected(cases: Cases, about: tuple[str, str], by_question: bool) -> str:
    """A case in APPEALED, perhaps after a question and its answer there."""
    reference = cases.put(about[0], "APPEALED", origin=about[1])
    for state in ("INFO_REQUIRED", "APPEALED") if by_question else ():
        cases.set_state(reference, state)
    return reference


@pytest.mark.parametrize("by_question", [False, True])
@pytest.mark.parametrize("about", [WEIGHT, QUOTA, REJECTION])
def test_only_what_was_objected_to_is_decided(
    director: Callable[[str], Desk], cases: Cases, about: tuple[str, str], by_question: bool
) -> None:
    reference = objected(cases, about, by_question)
    desk = director(cases.one("directorate", reference))
    case = desk.get(f"/applications/{reference}").json
    assert case is not None
    offered = {move["action"] for move in case["actions"]} - {"ask", "add_note"}
    assert offered == OWN[about]
    for action in set().union(*OWN.values()) - OWN[about]:
        told = problem(desk.act(reference, action, case["version"]), 409, "illegal_move")["detail"]
        assert all(name in told for name in OWN[about])
        assert not any(name in told.partition("; it has: ")[2] for name in ("uphold", "overturn")) or about == REJECTION


@pytest.mark.parametrize("by_question", [False, True])
@pytest.mark.parametrize(("about", "states"), [(WEIGHT, ["PAYOUT"]), (QUOTA, ["APPROVED", "OFFERED"])])
def test_sql_may_not_turn_an_objection_into_a_rejection(
    cases: Cases, about: tuple[str, str], states: list[str], by_question: bool
) -> None:
    reference = objected(cases, about, by_question)
    for wrong in ("REJECTED", "UNDER_REVIEW"):
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            cases.connection.execute("SELECT set_state(%s, %s)", [reference, wrong])
        told = refused.value.diag.message_primary or ""
        assert told.startswith(f"{about[0]}: no move from APPEALED to {wrong}; moves from APPEALED: ")
        assert "REJECTED" not in told.partition("moves from")[2]
        assert all(f"-> {state}" in told for state in states)
    cases.set_state(reference, states[0])


def test_a_bulk_update_is_judged_case_by_case(cases: Cases) -> None:
    rejected = [cases.put("produce", "APPEALED", origin="REJECTED") for _ in range(3)]
    weighed = cases.put("produce", "APPEALED", origin="PAYOUT")
    with pytest.raises(psycopg.errors.CheckViolation, match="no move from APPEALED to REJECTED"):
        cases.connection.execute("UPDATE application SET state = 'REJECTED' WHERE state = 'APPEALED'")
    assert cases.one("state", weighed) == "APPEALED"
    cases.connection.execute("UPDATE application SET state = 'REJECTED' WHERE reference = ANY(%s)", [rejected])
    assert {cases.one("state", each) for each in rejected} == {"REJECTED"}


def test_a_corrected_quota_is_offered_again_and_objected_to_once(
    office: Office, cases: Cases, director: Callable[[str], Desk]
) -> None:
    reference = cases.put("inputs", "OFFERED", wants="both")
    clerk = office.hire("Zahra", "CLERK", directorate="agriculture")
    clerk.act(reference, "object", 1)
    answer = director("agriculture").act(reference, "amend_quota", 2, urea=900, dap=700, seed=60)
    assert answer.status_code == 200, answer.text
    assert (cases.one("state", reference), cases.one("details ->> 'urea'", reference)) == ("OFFERED", "900")
    problem(clerk.act(reference, "object", 3), 409, "limit_reached")
    assert clerk.act(reference, "accept", 3).status_code == 200


def test_weighed_grain_is_not_withdrawn_under_cover_of_a_question(cases: Cases, handset: Handset) -> None:
    reference = cases.put("produce", "INFO_REQUIRED", handset.phone, "PAYOUT")
    handset.dial()
    assert "سحب" not in handset.screen
    handset.texts("سحب")
    assert cases.one("state", reference) == "INFO_REQUIRED"
    with pytest.raises(psycopg.errors.CheckViolation, match="no move from INFO_REQUIRED to WITHDRAWN"):
        cases.set_state(reference, "WITHDRAWN")
    early = cases.put("produce", "INFO_REQUIRED", handset.phone, "UNDER_REVIEW")
    cases.set_state(early, "WITHDRAWN")


@pytest.mark.parametrize(
    ("service", "origin", "reached"),
    [("produce", "PAYOUT", "PAYOUT"), ("water", "APPEALED", "APPEALED"), ("water", "UNDER_REVIEW", "EXPIRED")],
)
def test_silence_ends_a_question_but_not_an_objection_or_a_delivery(
    at: At, cases: Cases, post: PostOffice, service: str, origin: str, reached: str
) -> None:
    before = "REJECTED" if origin == "APPEALED" else origin
    reference = cases.put(service, origin, origin=before)
    cases.set_state(reference, "INFO_REQUIRED")
    post.relay()
    keep_time(at(datetime.now(UTC) + timedelta(days=20)), Setbacks())
    assert cases.one("state", reference) == reached
    if reached != "EXPIRED":
        assert "لم يصلنا جوابك" in post.texts_to(cases.one("phone", reference))[-1]


@pytest.mark.parametrize(
    ("service", "state", "action", "days"),
    [("water", "REJECTED", "appeal", 30), ("water", "EXPIRED", "reopen", 30), ("produce", "PAYOUT", "object", 3)],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_window_closes_at_the_moment_of_the_action_by_phone_and_desk(
    at: At, cases: Cases, service: str, state: str, action: str, days: int, late: bool
) -> None:
    phone = "+9647705556677"
    reference = cases.put(service, state, phone)
    then = at(datetime.now(UTC) + timedelta(days=days + late))
    with then.db.transaction() as tx:
        context = then.context(tx)
        case = applications.find(tx, reference)
        assert case is not None
        move = context.content.services[service].workflow.find(state, action, {})
        assert move is not None
        refused = moves.barred(context, case, move)
        assert (refused.code if refused else None) == ("too_late" if late else None)
        args: dict[str, Any] = {
            "reference": reference,
            "version": None,
            "action": action,
            "params": {},
            "language": "ar",
        }
        assert ("refused" in own_cases.act(context, phone, f"{action}:{late}", args)) is late


def test_a_question_in_between_does_not_open_the_window_again(at: At, cases: Cases) -> None:
    reference = cases.put("produce", "PAYOUT")
    later = at(datetime.now(UTC) + timedelta(days=5))
    for state in ("INFO_REQUIRED", "PAYOUT"):
        cases.set_state(reference, state)
    with later.db.transaction() as tx:
        case = applications.find(tx, reference)
        assert case is not None
        move = later.content.services["produce"].workflow.find("PAYOUT", "object", {})
        assert move is not None
        assert moves.spent(later.context(tx), case, move)


@pytest.mark.parametrize(
    ("service", "state", "to", "rule"),
    [
        ("water", "REJECTED", "APPEALED", "appeal within 30 days 1 times"),
        ("water", "EXPIRED", "SUBMITTED", "reopen within 30 days"),
        ("produce", "PAYOUT", "APPEALED", "object within 3 days 1 times"),
    ],
)
def test_a_window_closes_for_sql_too(cases: Cases, service: str, state: str, to: str, rule: str) -> None:
    reference = cases.put(service, state)
    cases.connection.execute("ALTER TABLE gateway.event DISABLE TRIGGER append_only")
    try:
        cases.connection.execute(
            "UPDATE gateway.event SET at = at - interval '31 days' WHERE reference = %s", [reference]
        )
    finally:
        cases.connection.execute("ALTER TABLE gateway.event ENABLE TRIGGER append_only")
    with pytest.raises(psycopg.errors.CheckViolation, match=f"no move from {state} to {to}; .*possible only: {rule}"):
        cases.set_state(reference, to)


def test_sql_counts_days_where_the_governorate_does() -> None:
    conditions = (ROOT / "store/migrations/sql/0003_conditions.sql").read_text(encoding="utf-8")
    assert conditions.count(f"AT TIME ZONE '{load_content(ROOT / 'config').calendar.timezone}'") == 2


def test_an_objection_is_made_once_by_sql_too(cases: Cases) -> None:
    reference = cases.put("water", "REJECTED")
    for state in ("APPEALED", "REJECTED"):
        cases.set_state(reference, state)
    with pytest.raises(psycopg.errors.CheckViolation, match=r"moves from REJECTED: none; possible only: appeal"):
        cases.set_state(reference, "APPEALED")


def test_a_move_for_other_answers_is_refused_to_sql(cases: Cases) -> None:
    reference = cases.put("water", "UNDER_REVIEW", request="close")
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        cases.set_state(reference, "VISIT_OFFERED")
    told = refused.value.diag.message_primary or ""
    assert "offer_visit" not in told
    assert "arrears -> FEE_DUE" in told
    cases.set_state(reference, "FEE_DUE")
    unknown = cases.put("water", "UNDER_REVIEW")
    cases.set_state(unknown, "VISIT_OFFERED")
