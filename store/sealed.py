"""Sealed values as rows: which keys they are under, and giving them new seals. Sees no key and opens nothing."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store.db import Transaction

Reseal = Callable[[str, Any], Any]
"""(field, stored value) -> the same value under the newest key."""

_IN_USE = sa.text("SELECT key_id FROM gateway.field_key ORDER BY since")
_USE = sa.text("INSERT INTO gateway.field_key (key_id, since) VALUES (:key_id, :now) ON CONFLICT DO NOTHING")
_DONE = sa.text("DELETE FROM gateway.field_key WHERE key_id <> :key_id")
_REKEY = sa.text("SELECT set_config('gateway.rekey', 'on', true)")
_CASES = sa.text("""
    SELECT reference, answers, details FROM public.application
    WHERE reference >= :low AND reference < :high
        AND (answers::text LIKE '%{"enc": "%' OR details::text LIKE '%{"enc": "%') FOR UPDATE""")
_SET_CASE = sa.text("""
    UPDATE public.application SET answers = :answers, details = :details WHERE reference = :reference""")
_CARDS = sa.text("""
    SELECT phone, card FROM gateway.person
    WHERE card LIKE '{"enc": "%' AND card NOT LIKE '{"enc": "' || :newest || '.%'
    ORDER BY phone LIMIT :limit FOR UPDATE""")
_SET_CARD = sa.text("UPDATE gateway.person SET card = :card, card_hash = :card_hash WHERE phone = :phone")
_DRAFTS = sa.text('SELECT session, answers FROM gateway.draft WHERE answers::text LIKE \'%{"enc": "%\' FOR UPDATE')
_SET_DRAFT = sa.text("UPDATE gateway.draft SET answers = :answers WHERE session = :session")


def keys_in_use(tx: Transaction) -> list[str]:
    """The ids of the keys that something may be sealed under."""
    return list(tx.execute(_IN_USE).scalars())


def use(tx: Transaction, key_id: str, now: datetime) -> None:
    """From now on something may be sealed under this key."""
    tx.execute(_USE, {"key_id": key_id, "now": now})


def only(tx: Transaction, key_id: str) -> None:
    """Nothing is sealed under any other key any more."""
    tx.execute(_DONE, {"key_id": key_id})


def reseal_cases(tx: Transaction, low: str, high: str, reseal: Reseal) -> int:
    """New seals for the cases from `low` to below `high`: no new version of them, no event. How many changed."""
    tx.execute(_REKEY)
    changed = 0
    for row in tx.execute(_CASES, {"low": low, "high": high}).all():
        answers, details = _each(row.answers, reseal), _each(row.details, reseal)
        if (answers, details) != (row.answers, row.details):
            tx.execute(_SET_CASE, {"reference": row.reference, "answers": Jsonb(answers), "details": Jsonb(details)})
            changed += 1
    return changed


def reseal_drafts(tx: Transaction, reseal: Reseal) -> int:
    """New seals for the forms left unfinished. How many changed."""
    found = [(row, _each(row.answers, reseal)) for row in tx.execute(_DRAFTS).all()]
    stale = [(row.session, answers) for row, answers in found if answers != row.answers]
    for session, answers in stale:
        tx.execute(_SET_DRAFT, {"session": session, "answers": Jsonb(answers)})
    return len(stale)


def stale_cards(tx: Transaction, newest: str, limit: int) -> list[tuple[str, str]]:
    """Phones and cards that are not under the newest key, locked."""
    return [(row.phone, row.card) for row in tx.execute(_CARDS, {"newest": newest, "limit": limit})]


def set_cards(tx: Transaction, cards: Iterable[tuple[str, str, str]]) -> None:
    """(phone, card, look-up hash) of each."""
    for phone, card, card_hash in cards:
        tx.execute(_SET_CARD, {"phone": phone, "card": card, "card_hash": card_hash})


def _each(stored: dict[str, Any], reseal: Reseal) -> dict[str, Any]:
    return {name: reseal(name, value) for name, value in stored.items()}
