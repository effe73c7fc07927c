"""What passed lately between us and a phone: repeats, echoes, counts, silence. Judges none of it."""

from collections.abc import Collection, Sequence
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
_REACHED = sa.text("""
    SELECT EXISTS (
        SELECT FROM gateway.message WHERE phone = :phone AND inbound_id IS NOT NULL AND sent_at >= :since)""")
_LANGUAGE = sa.text("""
    SELECT language FROM gateway.message WHERE phone = :phone AND priority < 2 AND created_at >= :since
    ORDER BY id DESC LIMIT 1""")
# Heard of: a text, an application, a form, a call, a change of the profile. Failed: the network could not reach the
# phone, as often in a row as `failures` says, since it was last heard of.
_DOUBTED = sa.text("""
    SELECT p.phone FROM unnest(CAST(:phones AS text[])) AS p(phone)
    CROSS JOIN LATERAL (SELECT greatest(
        (SELECT max(received_at) FROM gateway.inbound WHERE phone = p.phone AND id <> :but),
        (SELECT max(created_at) FROM public.application WHERE phone = p.phone),
        (SELECT max(saved_at) FROM gateway.draft WHERE phone = p.phone),
        (SELECT max(ended_at) FROM gateway.ussd_session WHERE phone = p.phone),
        (SELECT updated_at FROM gateway.person WHERE phone = p.phone)) AS at) AS heard
    WHERE EXISTS (SELECT FROM gateway.asked q WHERE q.phone = p.phone AND q.kind = 'owner')
        OR heard.at < :silent_since
        OR (SELECT count(*) = :failures AND bool_and(newest.state = 'undelivered') FROM (
                SELECT m.state FROM gateway.message m
                WHERE m.phone = p.phone AND m.state IN ('sent', 'delivered', 'undelivered') AND m.created_at > heard.at
                ORDER BY m.id DESC LIMIT :failures) AS newest)""")


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


def reached(tx: Transaction, phone: str, since: datetime) -> bool:
    """Whether an answer of ours left for this phone since then."""
    return bool(tx.execute(_REACHED, {"phone": phone, "since": since}).scalar())


def language(tx: Transaction, phone: str, since: datetime) -> str | None:
    """The language in which we last wrote to a phone since then."""
    found: str | None = tx.execute(_LANGUAGE, {"phone": phone, "since": since}).scalar()
    return found


def doubted(tx: Transaction, phones: Collection[str], silent_since: datetime, failures: int, but: int = 0) -> set[str]:
    """The phones that may have another owner: not heard of since then, out of reach, or asked and not answered.

    `but`: an incoming message that does not count.
    """
    said = {"phones": list(phones), "silent_since": silent_since, "failures": failures, "but": but}
    return set(tx.execute(_DOUBTED, said).scalars())
