"""The one question of ours that a phone may still answer with yes or no. Knows no texts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from store import rows
from store.db import Transaction

Kind = Literal["withdraw", "meant", "owner", "drop", "subject"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, about which case, and with which words (`value`)."""

    kind: Kind
    reference: str | None
    value: str | None
    at: datetime


_ASK = sa.text("""
    INSERT INTO gateway.asked (phone, kind, reference, value, at) VALUES (:phone, :kind, :reference, :value, :now)
    ON CONFLICT (phone) DO UPDATE SET
        kind = excluded.kind, reference = excluded.reference, value = excluded.value, at = excluded.at""")
_ASK_OWNERS = sa.text("""
    INSERT INTO gateway.asked AS q (phone, kind, value, at)
    SELECT p.phone, 'owner', :value, :now FROM unnest(CAST(:phones AS text[])) AS p(phone)
    ON CONFLICT (phone) DO UPDATE SET kind = 'owner', reference = NULL, value = excluded.value, at = excluded.at
        WHERE q.kind <> 'owner' OR q.at < :again RETURNING phone""")
_FIND = sa.text("SELECT * FROM gateway.asked WHERE phone = :phone")
_CLEAR = sa.text("DELETE FROM gateway.asked WHERE phone = :phone")


def ask(tx: Transaction, phone: str, kind: Kind, reference: str | None, value: str | None, now: datetime) -> None:
    """This is the question now; an older one is forgotten."""
    tx.execute(_ASK, {"phone": phone, "kind": kind, "reference": reference, "value": value, "now": now})


def ask_owners(tx: Transaction, phones: Collection[str], value: str, again: datetime, now: datetime) -> set[str]:
    """Ask these phones whose they are; those to be asked now: not asked since `again`."""
    said = {"phones": sorted(phones), "value": value, "again": again, "now": now}
    return set(tx.execute(_ASK_OWNERS, said).scalars())


def find(tx: Transaction, phone: str) -> Asked | None:
    """The open question."""
    return rows.first(Asked, tx.execute(_FIND, {"phone": phone}))


def clear(tx: Transaction, phone: str) -> None:
    """It is answered."""
    tx.execute(_CLEAR, {"phone": phone})
