"""Who looked at whose case, written in the transaction of the look. Decides nobody's right to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store import rows
from store.db import Transaction


@dataclass(frozen=True, slots=True)
class View:
    """One look: of a case, of a page of them (`cases` of it), an export, or a comparison with a card."""

    id: int
    at: datetime
    officer: str
    view: str
    reference: str | None
    phone: str | None
    cases: int
    asked: dict[str, Any]


_RECORD = sa.text("""
    INSERT INTO gateway.access_log (at, officer, view, reference, phone, cases, asked)
    VALUES (:now, :officer, :view, :reference, :phone, :cases, :asked)""")
_OF_CASE = sa.text("SELECT * FROM gateway.access_log WHERE reference = :reference ORDER BY id DESC LIMIT :limit")


def record(
    tx: Transaction,
    officer: str,
    view: str,
    now: datetime,
    *,
    reference: str | None = None,
    phone: str | None = None,
    cases: int = 1,
    asked: Mapping[str, Any] | None = None,
) -> None:
    """Keep a look. `asked`: the filters of a list."""
    said = {"officer": officer, "view": view, "reference": reference, "phone": phone, "cases": cases, "now": now}
    tx.execute(_RECORD, {**said, "asked": Jsonb(dict(asked or {}))})


def of_case(tx: Transaction, reference: str, limit: int = 200) -> list[View]:
    """The newest looks at one case."""
    return rows.every(View, tx.execute(_OF_CASE, {"reference": reference, "limit": limit}))
