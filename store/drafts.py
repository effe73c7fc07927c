"""Forms left unfinished by a dropped USSD session, and what a session was offered when it opened.

A draft lives 24 hours. It is over when it was discarded, or when an application carries its origin's submission key:
whichever call sends it, there is one application. Knows neither forms nor screens.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store import rows
from store.db import Transaction, asked
from store.people import Person

LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as session `session` left it; `origin` is the session in which it was begun."""

    session: str
    origin: str
    phone: str
    service: str
    language: str
    answers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialled:
    """What the store knows when a phone dials: who, an unfinished form, a case that waits for an answer.

    `offered`: this session opened with that draft or that case the first time. `replaced`: a newer call of this phone
    discarded what this session had begun.
    """

    person: Person | None
    draft: Draft | None
    waiting: str | None
    offered: bool
    replaced: bool


_SAVE = sa.text("""
    INSERT INTO gateway.draft (session, origin, phone, service, language, answers, saved_at)
    SELECT :session, :origin, :phone, :service, :language, :answers, :now
    WHERE NOT EXISTS (SELECT FROM public.application WHERE submission = :channel || ':' || :origin)
    ON CONFLICT (session) DO UPDATE
        SET service = excluded.service, language = excluded.language, answers = excluded.answers
        WHERE draft.closed_at IS NULL
    RETURNING xmax = 0 AS first""")
_TELL = sa.text("""
    UPDATE gateway.draft SET told = true
    WHERE session = :session AND NOT EXISTS (SELECT FROM gateway.draft WHERE origin = :origin AND told)
    RETURNING session""")
_DISCARD = sa.text("""
    UPDATE gateway.draft SET closed_at = :now, answers = '{}' WHERE origin = :origin AND phone = :phone""")
_OFFER = sa.text("""
    INSERT INTO gateway.ussd_offer (session, draft, reference, at) VALUES (:session, :draft, :reference, :now)
    ON CONFLICT (session) DO NOTHING""")
_PERSON = rows.names(Person)
# Of the driver: every dialling asks this; one text of JSON is the cheapest way to say who dials. `many` is never said:
# see store/submissions.py.
_DIALLED = f"""
    SELECT {", ".join(f"p.{name}" for name in _PERSON)},
           to_jsonb(d) AS draft, w.reference AS waiting, o.session IS NOT NULL AS offered,
           EXISTS (SELECT FROM gateway.draft WHERE session = call.session AND closed_at IS NOT NULL) AS replaced,
           call.place
    FROM json_to_recordset(%s::text::json) AS call (number text, session text, many int, place int)
    LEFT JOIN gateway.person p ON p.phone = call.number
    LEFT JOIN gateway.ussd_offer o ON o.session = call.session
    LEFT JOIN LATERAL (
        SELECT * FROM gateway.draft f
        WHERE f.phone = call.number AND CASE WHEN o.session IS NOT NULL THEN f.session = o.draft
            ELSE f.session <> call.session AND f.closed_at IS NULL AND f.saved_at > %s
                AND NOT EXISTS (SELECT FROM public.application a WHERE a.submission = %s || f.origin) END
        ORDER BY f.saved_at DESC LIMIT 1) AS d ON true
    LEFT JOIN LATERAL (
        SELECT a.reference FROM public.application a
        WHERE a.phone = call.number AND CASE WHEN o.session IS NOT NULL THEN a.reference = o.reference
            ELSE a.state = ANY(%s::text[]) END
        ORDER BY a.state_since DESC LIMIT 1) AS w ON true
    WHERE call.many IS NULL"""  # noqa: S608 - the names are a value's own
_PURGE = (
    sa.text("DELETE FROM gateway.draft WHERE saved_at < :before"),
    sa.text("DELETE FROM gateway.ussd_offer WHERE at < :before"),
)


def save(tx: Transaction, draft: Draft, channel: str, now: datetime) -> bool:
    """Keep a form as it stands; True the first time, False for a call that went on after a silence, or a form sent."""
    values = {**asdict(draft), "answers": Jsonb(draft.answers), "channel": channel, "now": now}
    return bool(tx.execute(_SAVE, values).scalar_one_or_none())


def tell(tx: Transaction, draft: Draft) -> bool:
    """Whether the citizen is to be told of this form; no more after that, whichever call leaves it again."""
    return tx.execute(_TELL, {"session": draft.session, "origin": draft.origin}).first() is not None


def discard(tx: Transaction, phone: str, origin: str, now: datetime) -> None:
    """The citizen does not want it: its answers are erased."""
    tx.execute(_DISCARD, {"phone": phone, "origin": origin, "now": now})


def offer(tx: Transaction, session: str, draft: str | None, reference: str | None, now: datetime) -> None:
    """Remember what this session opened with: a draft's session, or a case."""
    tx.execute(_OFFER, {"session": session, "draft": draft, "reference": reference, "now": now})


def dialled(
    tx: Transaction, calls: Sequence[tuple[str, str]], channel: str, waiting: Sequence[str], now: datetime
) -> list[Dialled]:
    """Who dials, of each (phone, session) in their order, in one question to the store.

    `waiting`: the states in which the office waits for a citizen.
    """
    calling = json.dumps([{"number": calls[at][0], "session": calls[at][1], "place": at} for at in range(len(calls))])
    found = asked(tx, _DIALLED, [calling, now - LIFE, f"{channel}:", list(waiting)])
    return [_dialled(row) for row in sorted(found, key=itemgetter(-1))]


def _dialled(row: Sequence[Any]) -> Dialled:
    person = Person(*row[: len(_PERSON)]) if row[0] is not None else None
    draft, awaited, offered, replaced, _ = row[len(_PERSON) :]
    return Dialled(person, _draft(draft), awaited, offered, replaced)


def purge(tx: Transaction, now: datetime) -> int:
    """Delete what is older than a draft's life."""
    return sum(tx.execute(each, {"before": now - LIFE}).rowcount for each in _PURGE)


def _draft(found: Mapping[str, Any] | None) -> Draft | None:
    if found is None:
        return None
    return Draft(**{name: found[name] for name in ("session", "origin", "phone", "service", "language", "answers")})
