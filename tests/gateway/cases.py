"""Cases put where a test needs them, as another system would put them: by plain SQL, in any state of any service."""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from gateway.settings import ROOT
from handlers.calendar import working_day_from
from menus.content import Content, Service
from menus.load import load_content
from menus.workflow import ORIGIN, SAME, Move, Param
from tests.handset import new_phone

DETAILS: Mapping[str, Any] = {
    "visit_on": "2027-02-10", "hour": 10, "fee": 25000, "deliver_on": "2027-02-10", "kg": 5000, "grade": 1,
    "urea": 100, "dap": 50, "seed": 80, "school": "Dijla", "bring_by": "2027-02-10", "medical_on": "2027-02-10",
    "result": "done", "reason": "private", "question": "details",
}  # fmt: skip
_COUNT = itertools.count()


@cache
def workday(ahead: int = 12) -> str:
    """A day on which offices work, so many days from today or soon after, as officers give it."""
    content = load_content(ROOT / "config")
    return working_day_from(content.calendar, datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


class Cases:
    """The shared table, written by its owner."""

    def __init__(self, url: str, content: Content) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.content = content

    def put(self, service: str, state: str, phone: str | None = None, origin: str | None = None, **answers: str) -> str:
        """The reference of a new case in this state, which it came to from `origin`, if given."""
        flow = self.content.services[service].workflow
        leads_back = origin is None and state in flow.detours
        origin = next(m.source[0] for m in flow.moves if m.to == state) if leads_back else origin or state
        row = self.connection.execute(
            "INSERT INTO application (service, state, phone, place, answers, details, submission)"
            " VALUES (%s, %s, %s, '10', %s, %s, %s) RETURNING reference",
            [service, origin, phone or new_phone(), Jsonb(answers), Jsonb(dict(DETAILS)), f"put:{next(_COUNT)}"],
        ).fetchone()
        assert row is not None
        if origin != state:
            self.set_state(row[0], state)
        return str(row[0])

    def set_state(self, reference: str, state: str) -> None:
        """As the portal does it; psycopg.errors.CheckViolation for a move that the workflow does not have."""
        self.connection.execute("UPDATE application SET state = %s WHERE reference = %s", [state, reference])

    def one(self, what: str, reference: str) -> Any:
        """A column of the case."""
        statement = f"SELECT {what} FROM application WHERE reference = %s"
        row = self.connection.execute(statement, [reference]).fetchone()
        assert row is not None
        return row[0]

    def actions(self, reference: str) -> list[str]:
        """What was done on the case, oldest first."""
        found = self.connection.execute(
            "SELECT coalesce(action, '') FROM gateway.event WHERE reference = %s ORDER BY id", [reference]
        )
        return [action for (action,) in found.fetchall()]


def answers_for(move: Move) -> dict[str, str]:
    """Answers by which the move applies."""
    return {name: values[0] for name, values in move.when.items()}


def given_for(content: Content, service: Service, move: Move, now: datetime, other: str = "") -> dict[str, Any]:
    """A good value for each parameter of a move; `other` is the reference that a merge names."""
    return {param.id: _good(content, service, param, now, other) for param in move.params if param.required}


def _good(content: Content, service: Service, param: Param, now: datetime, other: str) -> Any:
    ahead: date = working_day_from(content.calendar, now.date() + timedelta(days=12))
    some = min(50, param.high or 50)
    return {
        "day": ahead.isoformat(), "due": ahead.isoformat(), "hour": 10, "integer": some, "amount": 25000, "code": "R1",
        "note": "good", "words": "more words", "rating": 4, "reason": next(iter(service.reasons), ""),
        "question": next(iter(content.questions)), "directorate": "tax", "reference": other, "answer": "by the mosque",
    }[param.type]  # fmt: skip


def target(move: Move, source: str, origin: str) -> str:
    """Where a move leads."""
    return {SAME: source, ORIGIN: origin}.get(move.to, move.to)
