"""Applications are made once, found by their people, and moved by whoever saw the newest version."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from store import applications, events
from store.applications import Act, Application, IllegalMove, NewApplication, Scope, StaleCase
from store.db import Database, Transaction
from tests.store.workflow import NOW, PHONE

Submitted = Callable[..., Application]
OFFICER = Act("officer", "zainab", "accept", {"note": "seen"})
NEW = NewApplication(
    "water", PHONE, "kumait", "en", {"use": "دار"}, "ussd", "ussd:1", None, NOW + timedelta(days=15), "+9647800000000"
)


def test_a_submission_is_kept_as_it_was_given(db: Database, services: None) -> None:
    with db.transaction() as tx:
        made, now = applications.submit(tx, NEW, NOW)
        assert applications.find(tx, made.reference) == made == applications.of_submission(tx, "ussd:1")
        [event] = events.history(tx, made.reference)
    assert now
    assert (made.state, made.directorate, made.answers, made.due_at) == (
        "SUBMITTED",
        "water-kumait",
        {"use": "دار"},
        NEW.due_at,
    )
    assert made.created_at == made.updated_at == made.state_since == event.at == NOW
    assert (event.actor_kind, event.actor, event.action) == ("citizen", "+9647800000000", "submit")


def test_submitting_twice_makes_one_case(db: Database, services: None) -> None:
    with db.transaction() as tx:
        first, _ = applications.submit(tx, NEW, NOW)
    with db.transaction() as tx:
        assert applications.submit(tx, replace(NEW, language="ar"), NOW) == (first, False)
        assert len(events.history(tx, first.reference)) == 1


def test_submitting_from_two_threads_at_once_makes_one_case(db: Database, services: None) -> None:
    def submit(_: int) -> tuple[str, bool]:
        with db.transaction() as tx:
            case, made = applications.submit(tx, NEW, NOW)
            return case.reference, made

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(submit, range(8)))
    assert len({reference for reference, _ in results}) == 1
    assert [made for _, made in results].count(True) == 1


def test_of_many_who_look_first_under_the_phones_lock_one_makes_a_case(db: Database, services: None) -> None:
    def submit(number: int) -> bool:
        new = NewApplication("water", PHONE, None, "ar", {}, "ussd", f"race:{number}", None, None)
        with db.transaction() as tx:
            applications.lock_phones(tx, [(PHONE, "water")])
            if applications.of_phone(tx, PHONE, ["water"]):
                return False
            return applications.submit(tx, new, NOW)[1]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(submit, range(8))) == [False] * 7 + [True]


def test_without_a_key_every_submission_is_a_case(submitted: Submitted) -> None:
    assert submitted().reference != submitted().reference


def test_an_unknown_service_is_refused(db: Database, services: None) -> None:
    with pytest.raises(IllegalMove, match="unknown service watr"), db.transaction() as tx:
        applications.submit(tx, replace(NEW, service="watr"), NOW)


def test_a_move_is_recorded_with_who_made_it(db: Database, submitted: Submitted) -> None:
    case, later = submitted(), NOW + timedelta(hours=1)
    with db.transaction() as tx:
        moved = applications.move(
            tx,
            case,
            to_state="DOCS_REQUIRED",
            act=OFFICER,
            details={"note": "x"},
            directorate="d",
            due_at=NOW,
            now=later,
        )
        event = events.history(tx, case.reference)[-1]
    assert (moved.state, moved.came_from, moved.version, moved.details) == (
        "DOCS_REQUIRED",
        "SUBMITTED",
        2,
        {"note": "x"},
    )
    assert (moved.directorate, moved.due_at, moved.state_since, moved.updated_at) == ("d", NOW, later, later)
    assert (event.from_state, event.to_state, event.action, event.version) == (
        "SUBMITTED",
        "DOCS_REQUIRED",
        "accept",
        2,
    )
    assert (event.actor_kind, event.actor, event.details, event.at) == ("officer", "zainab", {"note": "seen"}, later)


def test_a_move_that_keeps_the_state_is_an_event_too(db: Database, submitted: Submitted) -> None:
    case = submitted()
    with db.transaction() as tx:
        moved = _move(tx, case, "SUBMITTED")
        event = events.history(tx, case.reference)[-1]
    assert (moved.version, moved.state_since) == (2, case.state_since)
    assert (event.from_state, event.to_state, event.actor, event.version) == ("SUBMITTED", "SUBMITTED", "zainab", 2)


def test_a_stale_case_does_not_move(db: Database, submitted: Submitted) -> None:
    case = submitted()
    with db.transaction() as tx:
        _move(tx, case, "DOCS_REQUIRED")
        with pytest.raises(StaleCase):
            _move(tx, case, "REJECTED")
    with db.transaction() as tx:
        assert [event.to_state for event in events.history(tx, case.reference)] == ["SUBMITTED", "DOCS_REQUIRED"]


def test_a_refused_move_leaves_the_transaction_usable_and_nobodys_name_behind(
    db: Database, submitted: Submitted
) -> None:
    case = submitted()
    with db.transaction() as tx:
        with pytest.raises(
            IllegalMove, match="water: no move from SUBMITTED to COMPLETED; moves from SUBMITTED: accept"
        ):
            _move(tx, case, "COMPLETED")
        _move(tx, case, "REJECTED", Act("system", None, "reject"))
    with db.transaction() as tx:
        event = events.history(tx, case.reference)[-1]
    assert (event.to_state, event.actor_kind, event.actor) == ("REJECTED", "system", None)


def test_a_deadline_moves_without_a_new_version(db: Database, submitted: Submitted) -> None:
    case = submitted()
    with db.transaction() as tx:
        applications.set_due(tx, [(case.reference, case.version, NOW)])
        applications.set_due(tx, [(case.reference, case.version + 1, None)])
        assert applications.lock(tx, case.reference) == replace(case, due_at=NOW)
        assert applications.lock(tx, "99999999") is None


def test_a_phones_cases_come_newest_first(db: Database, submitted: Submitted) -> None:
    old = submitted(now=NOW - timedelta(days=1))
    new, permit = submitted(), submitted("permit", now=NOW + timedelta(hours=1))
    submitted(phone="+9647709999999")
    with db.transaction() as tx:
        assert applications.of_phone(tx, PHONE) == [permit, new, old]
        assert applications.of_phone(tx, PHONE, ["water"]) == [new, old]
        assert applications.of_phone(tx, PHONE, limit=1) == [permit]


def test_pages_follow_each_other_without_gaps(db: Database, submitted: Submitted) -> None:
    cases = [submitted(now=NOW + timedelta(minutes=minute // 2)) for minute in range(5)]
    seen: list[Application] = []
    with db.transaction() as tx:
        while found := applications.page(
            tx, after=(seen[-1].created_at, seen[-1].reference) if seen else None, limit=2
        ):
            seen += found
    assert seen == sorted(cases, key=lambda case: (case.created_at, case.reference), reverse=True)


@pytest.mark.parametrize(
    ("scopes", "covered"),
    [
        (None, ["permit", "water"]),
        ([], []),
        ([Scope(None, None)], ["permit", "water"]),
        ([Scope("municipality", None)], ["permit"]),
        ([Scope("municipality", ["water"])], []),
        ([Scope(None, ["water"])], ["water"]),
        ([Scope("water", ["water"]), Scope("municipality", ["permit"])], ["permit", "water"]),
    ],
)
def test_scopes_widen_a_page(
    db: Database, submitted: Submitted, scopes: list[Scope] | None, covered: list[str]
) -> None:
    submitted("water"), submitted("permit")
    with db.transaction() as tx:
        assert sorted(case.service for case in applications.page(tx, scopes=scopes)) == covered


def test_filters_narrow_a_page(db: Database, submitted: Submitted) -> None:
    case = submitted()
    submitted("permit", phone="+9647709999999")
    with db.transaction() as tx:
        assert applications.page(tx, service="water", state="SUBMITTED", phone=PHONE) == [case]
        assert applications.page(tx, state="REJECTED") == []


def _move(tx: Transaction, case: Application, to_state: str, act: Act = OFFICER) -> Application:
    return applications.move(tx, case, to_state=to_state, act=act, details={}, due_at=None, now=NOW)
