"""Citizens by phone: language, consent, place, card, and whether they asked not to be written to."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Person:
    """One phone (E.164). `language_before` is the language before the session `language_session` changed it;
    `card` is whatever the caller gave to be kept (sealed), or 'none' for a citizen without one."""

    phone: str
    language: str
    language_before: str | None
    language_session: str | None
    consent_at: datetime | None
    place: str | None
    card: str | None
    stopped_at: datetime | None
    disowned_at: datetime | None
    news_at: datetime | None
    pin_hash: str | None
    created_at: datetime
    updated_at: datetime


_FIND = sa.text("SELECT * FROM gateway.person WHERE phone = :phone")
_FIND_ALL = sa.text("SELECT * FROM gateway.person WHERE phone = ANY(CAST(:phones AS text[]))")
_SET_LANGUAGE = sa.text("""
    INSERT INTO gateway.person AS p (phone, language, language_session, created_at, updated_at)
    VALUES (:phone, :language, :session, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        language_before = CASE WHEN p.language_session = excluded.language_session
                               THEN p.language_before ELSE p.language END,
        language_session = excluded.language_session, language = excluded.language, updated_at = excluded.updated_at""")
_SAVE_PROFILES = sa.text("SELECT gateway.save_profiles(CAST(:profiles AS json), :now)")
_STOP = sa.text("""
    INSERT INTO gateway.person AS p (phone, stopped_at, stopped_by, created_at, updated_at)
    VALUES (:phone, :now, :by, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        stopped_at = coalesce(p.stopped_at, excluded.stopped_at),
        stopped_by = coalesce(p.stopped_by, excluded.stopped_by), news_at = NULL, updated_at = excluded.updated_at""")
_START = sa.text("""
    INSERT INTO gateway.person AS p (phone, language, news_at, created_at, updated_at)
    VALUES (:phone, :language, :now, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET
        stopped_at = NULL, stopped_by = NULL,
        news_at = coalesce(p.news_at, excluded.news_at), updated_at = excluded.updated_at""")

# The new owner begins with nothing: whatever was kept of the phone was of another person.
_DISOWN = sa.text("""
    INSERT INTO gateway.person AS p (phone, disowned_at, created_at, updated_at) VALUES (:phone, :now, :now, :now)
    ON CONFLICT (phone) DO UPDATE SET disowned_at = excluded.disowned_at, consent_at = NULL, place = NULL, card = NULL,
        card_hash = NULL, pin_hash = NULL, news_at = NULL, updated_at = excluded.updated_at""")


_WITH_CARD = sa.text("SELECT phone FROM gateway.person WHERE card_hash = ANY(:hashes) ORDER BY phone")


def find(tx: Transaction, phone: str) -> Person | None:
    """What is known of a phone."""
    return rows.first(Person, tx.execute(_FIND, {"phone": phone}))


def find_all(tx: Transaction, phones: Collection[str]) -> dict[str, Person]:
    """What is known of these phones, by phone."""
    found = rows.every(Person, tx.execute(_FIND_ALL, {"phones": list(phones)}))
    return {person.phone: person for person in found}


def set_language(tx: Transaction, phone: str, language: str, session: str | None, now: datetime) -> None:
    """Change the language; the language before the session's first change is remembered."""
    tx.execute(_SET_LANGUAGE, {"phone": phone, "language": language, "session": session, "now": now})


def save_profile(
    tx: Transaction,
    phone: str,
    *,
    language: str,
    consent: bool,
    place: str | None,
    card: str | None,
    card_hash: str | None = None,
    now: datetime,
) -> None:
    """Keep the profile. Consent keeps its first date and is taken back by False; place or card None keeps the old."""
    profile = {"phone": phone, "language": language, "consent": consent, "place": place, "card": card}
    tx.execute(_SAVE_PROFILES, {"profiles": json.dumps([{**profile, "card_hash": card_hash}]), "now": now})


def with_card(tx: Transaction, hashes: Sequence[str]) -> list[str]:
    """Phones whose card has one of these look-up hashes."""
    return list(tx.execute(_WITH_CARD, {"hashes": list(hashes)}).scalars())


def stop(tx: Transaction, phone: str, now: datetime, by: str = "citizen") -> None:
    """The citizen wants no notices and no news, and told us or the provider (`by`); the first date is kept."""
    tx.execute(_STOP, {"phone": phone, "now": now, "by": by})


def start(tx: Transaction, phone: str, now: datetime, language: str = "ar") -> None:
    """The citizen wants notices again, and news: START asks to be written to. `language` is a stranger's."""
    tx.execute(_START, {"phone": phone, "language": language, "now": now})


def disown(tx: Transaction, phone: str, now: datetime) -> None:
    """The number has a new owner: cases made until now, and the profile, are no longer theirs to see."""
    tx.execute(_DISOWN, {"phone": phone, "now": now})
