"""Cases taken over from an older register, many in one statement. Knows neither files nor forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store.acts import pose, refusals
from store.cases import Act
from store.db import Transaction

ACTION = "take_over"


@dataclass(frozen=True, slots=True)
class OldCase:
    """A case as an older register has it. `submission` is its key there: one key, one application."""

    service: str
    state: str
    phone: str
    place: str | None
    language: str
    answers: Mapping[str, Any]
    details: Mapping[str, Any]
    channel: str
    directorate: str | None
    submission: str
    created_at: datetime | None


_NAMES = tuple(OldCase.__dataclass_fields__)
_PUT = sa.text("""
    INSERT INTO public.application (service, state, phone, place, language, answers, details, channel, directorate,
                                    submission, created_at)
    SELECT service, state, phone, place, language, answers, details, channel, directorate, submission,
           coalesce(created_at, :now)
    FROM jsonb_to_recordset(:cases) AS r (service text, state text, phone text, place text, language text,
        answers jsonb, details jsonb, channel text, directorate text, submission text, created_at timestamptz)
    ON CONFLICT (submission) DO NOTHING RETURNING reference""")


def put(tx: Transaction, cases: Sequence[OldCase], actor: str, now: datetime) -> list[str]:
    """The references of the cases that are new; the others' keys are taken. IllegalMove."""
    pose(tx, Act("system", actor, ACTION), now)
    rows = [{name: _plain(getattr(case, name)) for name in _NAMES} for case in cases]
    with refusals():
        return list(tx.execute(_PUT, {"cases": Jsonb(rows), "now": now}).scalars())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else dict(value) if isinstance(value, Mapping) else value
