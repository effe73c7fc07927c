"""What passed lately between us and a phone: repeats, echoes, counts, silence. Judges none of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction

REPEATED = "repeated"
"""Intent of an incoming message that the provider delivered again under a new id."""


@dataclass(frozen=True, slots=True)
class Twin:
    """An earlier message with the same text: what it meant, and whether nothing of our answer to it waits to leave."""

    intent: str
    answered: bool


_TURN = sa.text("SELECT pg_advisory_xact_lock(4966, hashtext(:phone))")
_TWIN = sa.text("""
    SELECT i.intent, NOT EXISTS (SELECT FROM gateway.message m WHERE m.inbound_id = i.id AND m.sent_at IS NULL)
    FROM gateway.inbound i
    WHERE i.text = :text AND i.received_at >= :since AND i.id = (
        SELECT l.id FROM gateway.inbound l
        WHERE l.phone = :phone AND l.id <> :id AND l.handled_at IS NOT NULL AND l.intent IS DISTINCT FROM :repeated
        ORDER BY l.handled_at DESC, l.id DESC LIMIT 1)""")
_COUNT = sa.text("""
    SELECT count(*) FROM gateway.inbound
    WHERE phone = :phone AND id <> :id AND received_at >= :since
        AND (CAST(:text AS text) IS NULL OR text = :text)
        AND (CAST(:intents AS text[]) IS NULL OR intent = ANY(CAST(:intents AS text[])))""")
_SAID = sa.text("""
    SELECT text FROM gateway.message WHERE phone = :phone AND priority < 2 AND created_at >= :since AND text <> ''
    ORDER BY id DESC LIMIT :limit""")
_SAME_SAID = sa.text("""
    SELECT count(*) FROM gateway.message
    WHERE phone = :phone AND priority < 2 AND created_at >= :since AND inbound_id IS NOT NULL AND text = :text""")
_LANGUAGE = sa.text("""
    SELECT language FROM gateway.message WHERE phone = :phone AND priority < 2 AND created_at >= :since
    ORDER BY id DESC LIMIT 1""")
_LAST_CONTACT = sa.text("""
    SELECT greatest(
        (SELECT max(received_at) FROM gateway.inbound WHERE phone = :phone AND id <> :id),
        (SELECT max(created_at) FROM public.application WHERE phone = :phone),
        (SELECT max(saved_at) FROM gateway.draft WHERE phone = :phone),
        (SELECT updated_at FROM gateway.person WHERE phone = :phone))""")


def turn(tx: Transaction, phone: str) -> None:
    """One message of a phone at a time, until the transaction ends."""
    tx.execute(_TURN, {"phone": phone})


def twin(tx: Transaction, inbound_id: int, phone: str, text: str, since: datetime) -> Twin | None:
    """The message handled last, when it has the same text and was received since then under another id.

    Handled last, not received before: of repeats that arrive side by side, any may be the first to be handled.
    """
    said = {"id": inbound_id, "phone": phone, "text": text, "since": since, "repeated": REPEATED}
    row = tx.execute(_TWIN, said).first()
    return Twin(*row) if row else None


def count(
    tx: Transaction,
    inbound_id: int,
    phone: str,
    since: datetime,
    *,
    text: str | None = None,
    intents: Sequence[str] | None = None,
) -> int:
    """Other messages of a phone since then: of this text, or read as one of these intents, where they are given."""
    wanted = None if intents is None else list(intents)
    said = {"id": inbound_id, "phone": phone, "since": since, "text": text, "intents": wanted}
    return int(tx.execute(_COUNT, said).scalar_one())


def said(tx: Transaction, phone: str, since: datetime, limit: int = 20) -> list[str]:
    """What we wrote to a phone since then, the latest first."""
    return list(tx.execute(_SAID, {"phone": phone, "since": since, "limit": limit}).scalars())


def answered_alike(tx: Transaction, phone: str, text: str, since: datetime) -> int:
    """How often we answered this phone with this very text since then."""
    return int(tx.execute(_SAME_SAID, {"phone": phone, "text": text, "since": since}).scalar_one())


def language(tx: Transaction, phone: str, since: datetime) -> str | None:
    """The language in which we last wrote to a phone since then."""
    found: str | None = tx.execute(_LANGUAGE, {"phone": phone, "since": since}).scalar()
    return found


def last_contact(tx: Transaction, phone: str, inbound_id: int) -> datetime | None:
    """When somebody last used this phone with us, this message apart."""
    moment: datetime | None = tx.execute(_LAST_CONTACT, {"phone": phone, "id": inbound_id}).scalar()
    return moment
