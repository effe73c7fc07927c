"""Where the form that a phone fills by SMS stands, mirrored as a draft so that a USSD session can go on with it.

The form's submission key is its origin's, whichever channel sends it. Knows neither forms nor texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store.db import Transaction
from store.drafts import LIFE, Draft


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One phone's form. `answers`: the newest, of whichever channel, once kept; `over`: it was sent or dropped."""

    origin: str
    state: dict[str, Any]
    asked_at: datetime
    answers: dict[str, str] | None
    over: bool


_FIND = sa.text("""
    SELECT d.origin, d.state, d.asked_at, newest.answers,
           EXISTS (SELECT FROM public.application WHERE submission = :channel || ':' || d.origin)
           OR EXISTS (SELECT FROM gateway.draft f WHERE f.origin = d.origin AND f.closed_at IS NOT NULL) AS over
    FROM gateway.dialogue d
    LEFT JOIN LATERAL (
        SELECT f.answers FROM gateway.draft f WHERE f.origin = d.origin AND f.phone = d.phone
        ORDER BY f.saved_at DESC LIMIT 1) newest ON true
    WHERE d.phone = :phone AND d.asked_at > :since""")
_LATEST_DRAFT = sa.text("""
    SELECT session, origin, phone, service, language, answers FROM gateway.draft f
    WHERE f.phone = :phone AND f.closed_at IS NULL AND f.saved_at > :since
        AND (CAST(:services AS text[]) IS NULL OR f.service = ANY(:services))
        AND NOT EXISTS (SELECT FROM public.application a WHERE a.submission = :channel || ':' || f.origin)
        AND NOT EXISTS (SELECT FROM gateway.draft c WHERE c.origin = f.origin AND c.closed_at IS NOT NULL)
    ORDER BY f.saved_at DESC LIMIT 1""")
_KEEP = sa.text("""
    INSERT INTO gateway.dialogue (phone, origin, state, asked_at) VALUES (:phone, :origin, :state, :now)
    ON CONFLICT (phone) DO UPDATE SET origin = excluded.origin, state = excluded.state, asked_at = excluded.asked_at""")
_MIRROR = sa.text("""
    INSERT INTO gateway.draft AS d (session, origin, phone, service, language, answers, saved_at)
    VALUES (:session, :origin, :phone, :service, :language, :answers, :now)
    ON CONFLICT (session) DO UPDATE SET service = excluded.service, language = excluded.language,
        answers = excluded.answers, saved_at = excluded.saved_at WHERE d.closed_at IS NULL""")
_END = sa.text("DELETE FROM gateway.dialogue WHERE phone = :phone")
_PURGE = sa.text("DELETE FROM gateway.dialogue WHERE asked_at < :before")


def session_of(phone: str, origin: str) -> str:
    """The name under which SMS keeps its part of a form that began as `origin`."""
    return f"sms:{phone}:{origin}"


def find(tx: Transaction, phone: str, channel: str, now: datetime) -> Dialogue | None:
    """The form that this phone fills by SMS, if it was asked something in the last 24 hours."""
    row = tx.execute(_FIND, {"phone": phone, "channel": channel, "since": now - LIFE}).first()
    return Dialogue(*row) if row else None


def latest_draft(
    tx: Transaction, phone: str, services: Sequence[str] | None, channel: str, now: datetime
) -> Draft | None:
    """The newest unfinished form of a phone, of these services when any are named, whichever channel left it."""
    named = None if services is None else list(services)
    known = {"phone": phone, "services": named, "channel": channel, "since": now - LIFE}
    row = tx.execute(_LATEST_DRAFT, known).first()
    return Draft(*row) if row else None


def keep(tx: Transaction, phone: str, origin: str, state: Mapping[str, Any], now: datetime) -> None:
    """The form stands here now."""
    tx.execute(_KEEP, {"phone": phone, "origin": origin, "state": Jsonb(dict(state)), "now": now})


def mirror(tx: Transaction, draft: Draft, now: datetime) -> None:
    """Let USSD go on with it."""
    values = {name: getattr(draft, name) for name in ("session", "origin", "phone", "service", "language")}
    tx.execute(_MIRROR, {**values, "answers": Jsonb(draft.answers), "now": now})


def end(tx: Transaction, phone: str) -> None:
    """No form is filled by SMS any more."""
    tx.execute(_END, {"phone": phone})


def purge(tx: Transaction, now: datetime) -> int:
    """Delete what is older than a form's life."""
    return tx.execute(_PURGE, {"before": now - LIFE}).rowcount
