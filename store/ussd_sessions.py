"""Ends of USSD sessions as the provider reports them: the funnel's raw material."""

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a session ended: duration in ms, `cost` as the provider writes it."""

    session: str
    phone: str
    service_code: str
    network: str | None
    status: str
    duration_ms: int | None
    hops: int | None
    cost: str | None


_RECORD = sa.text("""
    INSERT INTO gateway.ussd_session (session, phone, service_code, network, status, duration_ms, hops, cost, ended_at)
    VALUES (:session, :phone, :service_code, :network, :status, :duration_ms, :hops, :cost, :now)
    ON CONFLICT (session) DO NOTHING""")


def record_end(tx: Transaction, end: SessionEnd, now: datetime) -> bool:
    """Keep it; False when this session's end is known already."""
    return tx.execute(_RECORD, {**asdict(end), "now": now}).rowcount == 1
