"""Those who change cases while everything breaks: other systems in plain SQL, officers by the API.

Each notes only what it was told is done: such a change must be found afterwards. A request that broke is repeated
under its idempotency key until it is answered. Must not know: who kills what.
"""

import http.client
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlsplit

import psycopg
import requests

_SOON = date.today() + timedelta(days=14)
VISIT = (_SOON + timedelta(days=(3 - _SOON.isoweekday()) % 7)).isoformat()  # a Wednesday

PARAMS: Mapping[str, Mapping[str, object]] = {
    "accept": {},
    "docs_seen": {},
    "ask": {"question": "deed"},
    "answer": {"value": "with the lawyer"},
    "offer_visit": {"visit_on": VISIT, "hour": 10},
    "new_visit": {"visit_on": VISIT, "hour": 11},
    "accept_visit": {},
    "not_feasible": {"finding": "no pipe"},
}
"""Actions that keep a case open, with their parameters."""
OPEN = ("SUBMITTED", "DOCS_REQUIRED", "UNDER_REVIEW", "INFO_REQUIRED", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE")
INSERT = """INSERT INTO application (service, phone, place, language, answers)
    VALUES ('water', %s, '10', %s, '{"request": "new"}') RETURNING reference, version"""
READ = "SELECT state, came_from, version FROM application WHERE reference = %s"
MOVE = "UPDATE application SET state = %s WHERE reference = %s AND version = %s RETURNING reference, version"

Moves = Mapping[str, Sequence[str]]
"""State -> the states it may move to; `*` is where the case came from."""


@dataclass
class Notes:
    """What writers were told is done, as (reference, version); and how often what happened."""

    stop_at: float
    cases: list[str] = field(default_factory=list)
    done: list[tuple[str, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _phones: int = 0

    def note(self, what: str, *changes: tuple[str, int]) -> None:
        """These changes are done."""
        with self._lock:
            self.counts[what] += max(1, len(changes))
            self.done += changes

    def phone(self) -> str:
        """A phone that no other case has."""
        with self._lock:
            self._phones += 1
            return f"+96477{self._phones:08d}"

    @property
    def over(self) -> bool:
        """Whether it is time to stop."""
        return time.monotonic() > self.stop_at


def insert(connection: psycopg.Connection, notes: Notes, count: int) -> None:
    """New cases, as the citizens' portal makes them."""
    for _ in range(count):
        row = connection.execute(INSERT, [notes.phone(), random.choice(["ar", "en"])]).fetchone()
        assert row is not None
        notes.cases.append(row[0])
        notes.note("sql inserts", (row[0], row[1]))


def write_sql(url: str, notes: Notes, moves: Moves) -> None:
    """Another system: moves, new cases, transactions of many changes, some of them rolled back."""
    while not notes.over:
        try:
            with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
                while not notes.over:
                    _change(connection, notes, moves)
                    time.sleep(random.uniform(0, 0.04))
        except psycopg.OperationalError:
            notes.note("sql cut off")
            time.sleep(0.1)


def _change(connection: psycopg.Connection, notes: Notes, moves: Moves) -> None:
    if random.random() < 0.05:
        return insert(connection, notes, 1)
    several = random.randint(2, 6) if random.random() < 0.2 else 1
    cancelled = several > 1 and random.random() < 0.3
    try:
        with connection.transaction(force_rollback=cancelled):
            # In one order, as every careful writer locks rows.
            changes = [_move(connection, each, moves) for each in sorted(random.sample(notes.cases, several))]
    except psycopg.errors.DeadlockDetected:
        return notes.note("sql deadlocks")
    if cancelled:
        return notes.note("sql rollbacks")
    return notes.note("sql changes", *[change for change in changes if change])


def _move(connection: psycopg.Connection, reference: str, moves: Moves) -> tuple[str, int] | None:
    state, came_from, version = connection.execute(READ, [reference]).fetchone() or ("", None, 0)
    targets = [came_from if target == "*" else target for target in moves.get(state, ())]
    fitting = [target for target in targets if target in OPEN and target != state]
    if not fitting:
        return None
    row = connection.execute(MOVE, [random.choice(fitting), reference, version]).fetchone()
    return (row[0], row[1]) if row else None


def write_api(base: str, key: str, notes: Notes) -> None:
    """An officer's back office: reads a case, acts on it, repeats what broke, and sometimes hangs up itself."""
    headers = {"Authorization": f"Bearer {key}"}
    with requests.Session() as session:
        session.headers.update(headers)
        while not notes.over:
            url = f"{base}/api/v1/applications/{random.choice(notes.cases)}"
            with suppress(requests.RequestException, ValueError, KeyError):
                _act(session, url, notes)
                continue
            notes.note("api cut off")
            time.sleep(0.1)


def _act(session: requests.Session, url: str, notes: Notes) -> None:
    case = session.get(url, timeout=10).json()
    fitting = [each["action"] for each in case["actions"] if each["action"] in PARAMS]
    if not fitting:
        return
    action = random.choice(fitting)
    body = {"action": action, "params": PARAMS[action], "expected_version": case["version"]}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    if random.random() < 0.1:
        _hang_up(session, f"{url}/actions", body, headers)
    answer = _patiently(session, f"{url}/actions", body, headers, notes)
    if answer is None:
        notes.note("api given up")
    elif answer.status_code == 200:
        notes.note("api changes", (answer.json()["reference"], answer.json()["version"]))
    else:
        notes.note(f"api refused {answer.json()['type'].rpartition(':')[2]}")


def _patiently(
    session: requests.Session, url: str, body: object, headers: Mapping[str, str], notes: Notes
) -> requests.Response | None:
    for _ in range(60):
        with suppress(requests.RequestException):
            answer = session.post(url, json=body, headers=dict(headers), timeout=10)
            if answer.status_code < 500:
                return answer
            notes.note(f"api answered {answer.status_code}")
        time.sleep(0.25)
    return None


def _hang_up(session: requests.Session, url: str, body: object, headers: Mapping[str, str]) -> None:
    """Send the request whole and cut the line before the answer."""
    request = session.prepare_request(requests.Request("POST", url, json=body, headers=dict(headers)))
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    with suppress(OSError):
        line.request("POST", parts.path, body=request.body, headers=dict(request.headers))
        time.sleep(random.uniform(0, 0.01))
    line.close()
