"""What must hold after any chaos, counted from the store and from the far side's ledger.

Decides: what is a fault. Must not know: how the chaos was made.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

EVENTS = "SELECT reference, version, id FROM gateway.event"
MESSAGES = """
    SELECT m.id, m.event_id, m.reference, m.phone, m.text, m.state, m.provider_id,
           m.state = 'unsure' OR m.resends > 0 OR coalesce(m.error, '') LIKE '%stopped while%'
               OR EXISTS (SELECT FROM gateway.attempt a WHERE a.message_id = m.id AND a.outcome = 'unsure') AS unsure
    FROM gateway.message m ORDER BY m.id"""
LOST = """
    SELECT count(*) FROM gateway.event e
    WHERE (SELECT count(*) FROM gateway.message m WHERE m.event_id = e.id) <> 1"""
ASTRAY = """
    SELECT count(*) FROM application a
    WHERE a.state <> (SELECT to_state FROM gateway.event e WHERE e.reference = a.reference ORDER BY id DESC LIMIT 1)"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A line of the ledger."""

    id: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox; `unsure` if it ever was."""

    id: int
    event_id: int | None
    reference: str | None
    phone: str
    text: str
    state: str
    provider_id: str | None
    unsure: bool


def audit(url: str, ledger: Path, done: Sequence[tuple[str, int]]) -> tuple[dict[str, int], dict[str, int]]:
    """(counts, faults): figures to print, and figures that must all be 0."""
    taken = [Taken(**json.loads(line)) for line in ledger.read_text().splitlines()]
    with psycopg.connect(url) as connection:
        events = connection.execute(EVENTS).fetchall()
        messages = [Message(*row) for row in connection.execute(MESSAGES).fetchall()]
        lost, astray = _number(connection, LOST), _number(connection, ASTRAY)
    known = {(reference, version) for reference, version, _ in events}
    by_provider_id = {message.provider_id: message for message in messages if message.provider_id}
    counts = {
        "cases": len({reference for reference, _, _ in events}),
        "changes confirmed to writers": len(done),
        "events": len(events),
        "messages": len(messages),
        **{f"messages {state}": number for state, number in Counter(each.state for each in messages).most_common()},
        "messages that were unsure": sum(message.unsure for message in messages),
        "accepted by the far side": len(taken),
        "accepted, and we never heard": sum(each.id not in by_provider_id for each in taken),
    }
    faults = {
        "confirmed changes without an event": sum(change not in known for change in done),
        "events without exactly one message": lost,
        "cases in a state that no event led to": astray,
        "messages left on the way": sum(message.state in ("queued", "claimed", "sending") for message in messages),
        "messages given up": sum(message.state == "failed" for message in messages),
        "sent, and the far side knows nothing": phantoms(by_provider_id, taken),
        "accepted twice and never unsure": doubles(messages, by_provider_id, taken),
        "out of order in their case": disorder(by_provider_id, taken),
    }
    return counts, faults


def _number(connection: psycopg.Connection, query: str) -> int:
    row: Any = connection.execute(query.encode()).fetchone()
    return int(row[0])


def phantoms(messages: Mapping[str, Message], taken: Iterable[Taken]) -> int:
    """Messages that we think were taken, and the ledger does not have with those words."""
    ledger = {each.id: (each.phone, each.text) for each in taken}
    return sum(ledger.get(number) != (message.phone, message.text) for number, message in messages.items())


def doubles(messages: Iterable[Message], known: Mapping[str, Message], taken: Iterable[Taken]) -> int:
    """Acceptances that we never heard of, beyond one for each message with those words that was unsure."""
    excused = Counter((message.phone, message.text) for message in messages if message.unsure)
    unheard = Counter((each.phone, each.text) for each in taken if each.id not in known)
    return sum((unheard - excused).values())


def disorder(messages: Mapping[str, Message], taken: Iterable[Taken]) -> int:
    """Messages accepted after a later one of their case; those that were unsure are excused."""
    latest: dict[str, int] = defaultdict(int)
    wrong = 0
    for each in taken:
        message = messages.get(each.id)
        if message is None or message.unsure or message.event_id is None or message.reference is None:
            continue
        wrong += message.event_id < latest[message.reference]
        latest[message.reference] = max(latest[message.reference], message.event_id)
    return wrong
