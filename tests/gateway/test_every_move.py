"""Every move of every workflow, legal and illegal, by each way in: an officer at the API, other systems' SQL, a phone.

Each test is a table of hundreds of rows that the workflows themselves write; it tells every row that went wrong.
"""

from typing import Any

import psycopg
import pytest
from flask import Flask

from gateway.runtime import Runtime
from gateway.settings import ROOT
from handlers import cases as own_cases
from handlers.context import Context
from menus.casework import RATINGS
from menus.content import Service
from menus.load import load_content
from menus.workflow import CITIZEN, ORIGIN, SAME, SYSTEM, Move
from tests.fixtures import poster
from tests.gateway.cases import Cases, answers_for, given_for, target
from tests.gateway.office import Desk, Office
from tests.handset import Handset

CONTENT = load_content(ROOT / "config")
pytestmark = [pytest.mark.parametrize("service", sorted(CONTENT.services)), pytest.mark.timeout(180)]


def table(service: Service, actor: str | None = None) -> list[tuple[str, Move]]:
    """Every (state, move) of a service; of one actor only."""
    moves = service.workflow.moves
    return [(state, move) for move in moves for state in move.source if actor is None or actor in move.by]


def origins(service: Service, state: str) -> list[str]:
    """The states from which a case may have come into this one, for good."""
    flow = service.workflow
    leading = {source for move in flow.moves if move.to == state for source in move.source} - flow.detours - {state}
    return sorted(leading) or [state]


def arrivals(service: Service) -> list[tuple[str, str, str | None]]:
    """Every (state, state before, what is known of that): a case may also begin in its state."""
    rows = [(state, before) for state in service.workflow.states for before in origins(service, state)]
    return [(state, before, None if before == state else before) for state, before in rows]


def origin_of(service: Service, state: str, move: Move) -> str | None:
    """One state before from which a case has the move; None where any does."""
    return next((name for name in origins(service, state) if name in move.came_from), None)


class Staff:
    """One officer a role and directorate, hired when first needed."""

    def __init__(self, office: Office) -> None:
        self.office, self.desks = office, dict[tuple[str, str], Desk]()

    def of(self, role: str, directorate: str) -> Desk:
        key = (role, directorate)
        if key not in self.desks:
            self.desks[key] = self.office.hire(f"{role} of {directorate}", role, directorate=directorate)
        return self.desks[key]


def test_an_officer_makes_every_move_of_the_role(service: str, office: Office, cases: Cases) -> None:
    what, staff, wrong = CONTENT.services[service], Staff(office), []
    for state, move in table(what):
        for role in sorted(set(move.by) - {CITIZEN, SYSTEM}):
            reference = cases.put(service, state, origin=origin_of(what, state, move), **answers_for(move))
            origin = cases.one("came_from", reference) or state
            other = cases.put(service, "UNDER_REVIEW") if move.action == "merge" else ""
            directorate = move.gather.of[0] if move.gather else cases.one("directorate", reference)
            params = given_for(CONTENT, what, move, office.runtime.now(), other)
            answer = staff.of(role, directorate).act(reference, move.action, cases.one("version", reference), **params)
            reached = cases.one("state", reference)
            if answer.status_code != 200 or reached != target(move, state, origin):
                wrong.append((state, move.action, role, reached, answer.text))
    assert not wrong


def test_an_officer_is_refused_every_other_move(service: str, office: Office, cases: Cases) -> None:
    what, staff, wrong = CONTENT.services[service], Staff(office), []
    actions = {move.action for move in what.workflow.moves}
    roles = {role for move in what.workflow.moves for role in move.by} - {CITIZEN, SYSTEM}
    for state, before, known in arrivals(what):
        reference = cases.put(service, state, origin=before)
        version, directorate = cases.one("version", reference), cases.one("directorate", reference)
        has = {move.action: move for move in what.workflow.moves_from(state, {}, known)}
        for action in sorted(actions):
            stranger = min(roles - set(has[action].by), default="NOBODY") if action in has else "CLERK"
            answer = staff.of(stranger, directorate).act(reference, action, version)
            if answer.status_code != (403 if action in has else 409):
                wrong.append((state, before, action, stranger, answer.text))
        assert cases.one("version", reference) == version
    assert not wrong


def test_another_systems_sql_makes_every_move_that_changes_the_state(service: str, cases: Cases) -> None:
    wrong = []
    for state, move in table(CONTENT.services[service]):
        if move.to == SAME:
            continue
        before = origin_of(CONTENT.services[service], state, move)
        reference = cases.put(service, state, origin=before, **answers_for(move))
        reached = target(move, state, cases.one("came_from", reference) or state)
        cases.set_state(reference, reached)
        possible = {m.action for s, m in table(CONTENT.services[service]) if s == state and m.to in (move.to, ORIGIN)}
        if cases.one("state", reference) != reached or cases.actions(reference)[-1] not in possible:
            wrong.append((state, move.action, cases.actions(reference)))
    assert not wrong


def test_another_systems_sql_is_refused_every_other_change(service: str, cases: Cases) -> None:
    flow, wrong = CONTENT.services[service].workflow, []
    for state, before, known in arrivals(CONTENT.services[service]):
        reference = cases.put(service, state, origin=before)
        origin, version = cases.one("came_from", reference) or state, cases.one("version", reference)
        able = flow.moves_from(state, {}, known)
        legal = {target(move, state, origin) for move in able} | {state}
        for other in sorted(set(CONTENT.states) - legal):
            try:
                cases.set_state(reference, other)
            except psycopg.errors.CheckViolation as refused:
                told = refused.diag.message_primary or ""
                if f"no move from {state} to {other}; moves from {state}" not in told:
                    wrong.append((state, before, other, told))
            else:
                wrong.append((state, before, other, "was not refused"))
        assert (cases.one("state", reference), cases.one("version", reference)) == (state, version)
    assert not wrong


def test_a_citizen_makes_every_move_on_the_screen(service: str, app: Flask, cases: Cases) -> None:
    wrong = []
    for state, move in table(CONTENT.services[service], CITIZEN):
        if move.label is None:
            continue
        handset = Handset(poster(app))
        before = origin_of(CONTENT.services[service], state, move)
        reference = cases.put(service, state, handset.phone, before, **answers_for(move))
        origin = cases.one("came_from", reference) or state
        handset.dial()
        if reference not in handset.screen:  # where an answer is awaited, the case comes first
            handset.press("6", "1")
        key = key_of(handset, move.label["ar"])
        handset.press(*([key] if key else []))
        if move.confirm or any(param.type == "rating" for param in move.params):
            handset.press(RATINGS[0])
        if move.answers:  # words, which the screen asks to have by SMS
            handset.ends(reference).texts(f"{reference} خلف الجامع")
        reached = cases.one("state", reference)
        if reached != target(move, state, origin) or cases.actions(reference)[-1] != move.action:
            wrong.append((state, move.action, reached, handset.screen))
    assert not wrong


def key_of(handset: Handset, label: str) -> str | None:
    """The key beside a label, on whichever page it is."""
    for _ in range(4):
        for line in handset.screen.splitlines():
            key, _, words = line.removeprefix("CON ").partition(" ")
            if words == label:
                return key
        if "8 المزيد" not in handset.screen:
            return None
        handset.press("8")
    return None


def test_a_citizen_makes_every_move_that_has_a_digit_by_sms(service: str, app: Flask, cases: Cases) -> None:
    wrong = []
    for state, move in table(CONTENT.services[service], CITIZEN):
        typed = move.reply or ("4" if any(param.type == "rating" for param in move.params) else None)
        if typed is None or move.confirm:
            continue
        handset = Handset(poster(app))
        before = origin_of(CONTENT.services[service], state, move)
        reference = cases.put(service, state, handset.phone, before, **answers_for(move))
        handset.texts(f"{reference} {typed}")
        if cases.actions(reference)[-1] != move.action:
            wrong.append((state, move.action, typed, cases.actions(reference)))
    assert not wrong


def test_a_citizen_is_refused_every_move_that_is_not_theirs(service: str, runtime: Runtime, cases: Cases) -> None:
    what, wrong = CONTENT.services[service], []
    actions = {move.action for move in what.workflow.moves}
    for state, before, known in arrivals(what):
        phone = "+9647701239999"
        reference = cases.put(service, state, phone, before)
        version = cases.one("version", reference)
        able = what.workflow.moves_from(state, {}, known)
        own = {move.action for move in able if CITIZEN in move.by}
        for action in sorted(actions - own):
            with runtime.db.transaction() as tx:
                refused = acted(runtime.context(tx), phone, reference, action, f"{state}:{before}:{action}")
            if refused != "not_possible":
                wrong.append((state, action, refused))
        assert cases.one("version", reference) == version
    assert not wrong


def acted(context: Context, phone: str, reference: str, action: str, key: str) -> object:
    """What a phone is told that asks for an action which its screen did not offer."""
    args: dict[str, Any] = {"reference": reference, "version": None, "action": action, "params": {}, "language": "ar"}
    return own_cases.act(context, phone, key, args).get("refused")
