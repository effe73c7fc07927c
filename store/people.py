"""Citizens by phone: language, consent, place, card, and whether they asked not to be written to."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Person:
    """One phone (E.164). `language_before` is the language before the session `language_session` changed it;
    `card` is whatever the caller gave to be kept, or 'none' for a citizen without one."""

    phone: str
    language: str
    language_before: str | None
    language_session: str | None
    consent_at: datetime | None
    place: str | None
    card: str | None
    stopped_at: datetime | None
    created_at: datetime
    updated_at: datetime


_FIND = sa.text("SELECT * FROM gateway.person WHERE phone = :phone")
_SET_LANGUAGE = sa.text("""
    INSERT INTO gateway.person AS p (phone, language, language_session, created_at, updated_at)
    VALUES (:phone, :language, :session, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        language_before = CASE WHEN p.language_session = excluded.language_session
                               THEN p.language_before ELSE p.language END,
        language_session = excluded.language_session, language = excluded.language, updated_at = excluded.updated_at""")
_SAVE_PROFILE = sa.text("""
    INSERT INTO gateway.person AS p (phone, language, consent_at, place, card, created_at, updated_at)
    VALUES (:phone, :language, CASE WHEN CAST(:consent AS boolean) THEN CAST(:now AS timestamptz) END, :place, :card,
            :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        language = excluded.language,
        consent_at = CASE WHEN CAST(:consent AS boolean) THEN coalesce(p.consent_at, excluded.consent_at) END,
        place = coalesce(excluded.place, p.place), card = coalesce(excluded.card, p.card),
        updated_at = excluded.updated_at""")
_STOP = sa.text("""
    INSERT INTO gateway.person AS p (phone, stopped_at, created_at, updated_at) VALUES (:phone, :now, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        stopped_at = coalesce(p.stopped_at, excluded.stopped_at), updated_at = excluded.updated_at""")
_START = sa.text("UPDATE gateway.person SET stopped_at = NULL, updated_at = :now WHERE phone = :phone")


def find(tx: Transaction, phone: str) -> Person | None:
    """What is known of a phone."""
    return rows.first(Person, tx.execute(_FIND, {"phone": phone}))


def set_language(tx: Transaction, phone: str, language: str, session: str | None, now: datetime) -> None:
    """Change the language; the language before the session's first change is remembered."""
    tx.execute(_SET_LANGUAGE, {"phone": phone, "language": language, "session": session, "now": now})


def save_profile(
    tx: Transaction, phone: str, *, language: str, consent: bool, place: str | None, card: str | None, now: datetime
) -> None:
    """Keep the profile. Consent keeps its first date and is taken back by False; place or card None keeps the old."""
    profile = {"phone": phone, "language": language, "consent": consent, "place": place, "card": card, "now": now}
    tx.execute(_SAVE_PROFILE, profile)


def stop(tx: Transaction, phone: str, now: datetime) -> None:
    """The citizen wants no notices; the first date is kept."""
    tx.execute(_STOP, {"phone": phone, "now": now})


def start(tx: Transaction, phone: str, now: datetime) -> None:
    """The citizen wants notices again."""
    tx.execute(_START, {"phone": phone, "now": now})
