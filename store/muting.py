"""Cases about which a phone does not want notices."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from store.db import Transaction

_MUTE = sa.text("""
    INSERT INTO gateway.muted_case (phone, reference, at) VALUES (:phone, :reference, :now) ON CONFLICT DO NOTHING""")
_UNMUTE = sa.text("DELETE FROM gateway.muted_case WHERE phone = :phone AND reference = :reference")
_MUTED = sa.text("""
    SELECT phone, reference FROM gateway.muted_case WHERE phone = ANY(CAST(:phones AS text[]))""")


def mute(tx: Transaction, phone: str, reference: str, now: datetime) -> None:
    """No notices about this case."""
    tx.execute(_MUTE, {"phone": phone, "reference": reference, "now": now})


def unmute(tx: Transaction, phone: str, reference: str) -> None:
    """Notices about this case again."""
    tx.execute(_UNMUTE, {"phone": phone, "reference": reference})


def muted(tx: Transaction, phones: Collection[str]) -> set[tuple[str, str]]:
    """The (phone, reference) of the cases about which these phones asked for silence."""
    return {(row.phone, row.reference) for row in tx.execute(_MUTED, {"phones": list(phones)})}
