"""Cases about which a phone does not want notices."""

from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction

_MUTE = sa.text("""
    INSERT INTO gateway.muted_case (phone, reference, at) VALUES (:phone, :reference, :now) ON CONFLICT DO NOTHING""")
_UNMUTE = sa.text("DELETE FROM gateway.muted_case WHERE phone = :phone AND reference = :reference")
_IS_MUTED = sa.text("""
    SELECT EXISTS (SELECT FROM gateway.muted_case WHERE phone = :phone AND reference = :reference)""")


def mute(tx: Transaction, phone: str, reference: str, now: datetime) -> None:
    """No notices about this case."""
    tx.execute(_MUTE, {"phone": phone, "reference": reference, "now": now})


def unmute(tx: Transaction, phone: str, reference: str) -> None:
    """Notices about this case again."""
    tx.execute(_UNMUTE, {"phone": phone, "reference": reference})


def is_muted(tx: Transaction, phone: str, reference: str) -> bool:
    """Whether the phone asked for silence about this case."""
    return bool(tx.execute(_IS_MUTED, {"phone": phone, "reference": reference}).scalar())
