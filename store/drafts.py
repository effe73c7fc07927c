"""Forms left unfinished by a dropped USSD session, and what a session was offered when it opened.

A draft lives 24 hours. It is over when it was discarded, or when an application carries its origin's submission key:
whichever call sends it, there is one application. Knows neither forms nor screens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store import rows
from store.db import Transaction, driver
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
_TOLD = sa.text("SELECT count(*) FROM gateway.draft WHERE origin = :origin")
_DISCARD = sa.text("""
    UPDATE gateway.draft SET closed_at = :now, answers = '{}' WHERE origin = :origin AND phone = :phone""")
_OFFER = sa.text("""
    INSERT INTO gateway.ussd_offer (session, draft, reference, at) VALUES (:session, :draft, :reference, :now)
    ON CONFLICT (session) DO NOTHING""")
_PERSON = rows.names(Person)
# Of the driver: every dialling asks this.
_DIALLED = f"""
    SELECT {", ".join(f"p.{name}" for name in _PERSON)},
           to_jsonb(d) AS draft, w.reference AS waiting, o.session IS NOT NULL AS offered,
           EXISTS (SELECT FROM gateway.draft WHERE session = %(session)s AND closed_at IS NOT NULL) AS replaced
    FROM (SELECT %(phone)s::text AS number, %(session)s::text AS session, %(channel)s || ':' AS form) AS call
    LEFT JOIN gateway.person p ON p.phone = call.number
    LEFT JOIN gateway.ussd_offer o ON o.session = call.session
    LEFT JOIN LATERAL (
        SELECT * FROM gateway.draft f
        WHERE f.phone = call.number AND CASE WHEN o.session IS NOT NULL THEN f.session = o.draft
            ELSE f.session <> call.session AND f.closed_at IS NULL AND f.saved_at > %(since)s
                AND NOT EXISTS (SELECT FROM public.application a WHERE a.submission = call.form || f.origin) END
        ORDER BY f.saved_at DESC LIMIT 1) AS d ON true
    LEFT JOIN LATERAL (
        SELECT a.reference FROM public.application a
        WHERE a.phone = call.number AND CASE WHEN o.session IS NOT NULL THEN a.reference = o.reference
            ELSE a.state = ANY(%(waiting)s::text[]) END
        ORDER BY a.state_since DESC LIMIT 1) AS w ON true"""  # noqa: S608 - the names are a value's own
_PURGE = (
    sa.text("DELETE FROM gateway.draft WHERE saved_at < :before"),
    sa.text("DELETE FROM gateway.ussd_offer WHERE at < :before"),
)


def save(tx: Transaction, draft: Draft, channel: str, now: datetime) -> bool:
    """Keep a form as it stands; True the first time, False for a call that went on after a silence, or a form sent."""
    values = {**asdict(draft), "answers": Jsonb(draft.answers), "channel": channel, "now": now}
    return bool(tx.execute(_SAVE, values).scalar_one_or_none())


def calls(tx: Transaction, origin: str) -> int:
    """How many calls have left this form unfinished."""
    return int(tx.execute(_TOLD, {"origin": origin}).scalar_one())


def discard(tx: Transaction, phone: str, origin: str, now: datetime) -> None:
    """The citizen does not want it: its answers are erased."""
    tx.execute(_DISCARD, {"phone": phone, "origin": origin, "now": now})


def offer(tx: Transaction, session: str, draft: str | None, reference: str | None, now: datetime) -> None:
    """Remember what this session opened with: a draft's session, or a case."""
    tx.execute(_OFFER, {"session": session, "draft": draft, "reference": reference, "now": now})


def dialled(tx: Transaction, phone: str, session: str, channel: str, waiting: Sequence[str], now: datetime) -> Dialled:
    """Who dials, in one question to the store. `waiting`: the states in which the office waits for this citizen."""
    known = {"phone": phone, "session": session, "channel": channel, "waiting": list(waiting), "since": now - LIFE}
    found = driver(tx).execute(_DIALLED, known).fetchone()
    assert found is not None  # a call is a row
    person = Person(*found[: len(_PERSON)]) if found[0] is not None else None
    draft, awaited, offered, replaced = found[len(_PERSON) :]
    return Dialled(person, _draft(draft), awaited, offered, replaced)


def purge(tx: Transaction, now: datetime) -> int:
    """Delete what is older than a draft's life."""
    return sum(tx.execute(each, {"before": now - LIFE}).rowcount for each in _PURGE)


def _draft(found: Mapping[str, Any] | None) -> Draft | None:
    if found is None:
        return None
    return Draft(**{name: found[name] for name in ("session", "origin", "phone", "service", "language", "answers")})
