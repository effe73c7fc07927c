"""Everything that is held on one phone, for the person who asks what that is. Opens no seal."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from store.db import Transaction

_PATIENTLY = sa.text("SET LOCAL statement_timeout = '60s'")
_PARTS: Mapping[str, sa.TextClause] = {
    "profile": sa.text("SELECT * FROM gateway.person WHERE phone = :phone"),
    "applications": sa.text("SELECT * FROM public.application WHERE phone = :phone ORDER BY created_at"),
    "history": sa.text("""
        SELECT e.reference, e.at, e.action, e.from_state, e.to_state, e.actor_kind, e.actor, e.reason, e.details,
               e.before, e.after
        FROM gateway.event e JOIN public.application a USING (reference) WHERE a.phone = :phone ORDER BY e.id"""),
    "messages": sa.text("""
        SELECT id, reference, kind, language, text, state, created_at, sent_at, closed_at
        FROM gateway.message WHERE phone = :phone AND text <> '' ORDER BY id"""),
    "texts": sa.text("""
        SELECT id, sent_to, text, intent, received_at FROM gateway.inbound WHERE phone = :phone ORDER BY id"""),
    "calls": sa.text("""
        SELECT session, service_code, network, status, duration_ms, hops, cost, ended_at
        FROM gateway.ussd_session WHERE phone = :phone ORDER BY ended_at"""),
    "unfinished": sa.text("""
        SELECT service, language, answers, saved_at FROM gateway.draft
        WHERE phone = :phone AND closed_at IS NULL ORDER BY saved_at"""),
    "held_back": sa.text("""
        SELECT reason, messages, first_at, last_at, released_at
        FROM gateway.quarantine WHERE phone = :phone ORDER BY id"""),
    "broadcasts": sa.text("""
        SELECT b.id, b.created_at, r.state FROM gateway.broadcast_recipient r
        JOIN gateway.broadcast b ON b.id = r.broadcast_id WHERE r.phone = :phone ORDER BY b.id"""),
    "views": sa.text("""
        SELECT l.at, l.officer, l.view, l.reference FROM gateway.access_log l
        WHERE l.phone = :phone OR l.reference IN (SELECT reference FROM public.application WHERE phone = :phone)
        ORDER BY l.id"""),
}


def held(tx: Transaction, phone: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by part, oldest first; sensitive values as they are stored."""
    tx.execute(_PATIENTLY)
    return {name: [dict(row._mapping) for row in tx.execute(part, {"phone": phone})] for name, part in _PARTS.items()}
