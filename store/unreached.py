"""Messages about cases that did not reach their citizen, or perhaps did not. Decides nobody's right to see one."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from store import rows
from store.cases import Scope
from store.db import Transaction

STATES = ("undelivered", "failed", "unsure")


@dataclass(frozen=True, slots=True)
class Unreached:
    """One message; `error` is the reason, `phone` the case's as it is now."""

    id: int
    reference: str
    service: str
    phone: str
    kind: str
    language: str
    text: str
    state: str
    error: str | None
    provider: str | None
    attempts: int
    resends: int
    created_at: datetime
    tried_at: datetime | None
    closed_at: datetime | None


# The first condition on the state is the index's own; the second narrows it down.
_PAGE = sa.text("""
    SELECT m.id, m.reference, a.service, a.phone, m.kind, m.language, m.text, m.state, m.error, m.provider, m.attempts,
           m.resends, m.created_at, m.tried_at, m.closed_at
    FROM gateway.message m JOIN public.application a ON a.reference = m.reference
    WHERE m.state IN ('undelivered', 'failed', 'unsure') AND m.state = ANY(:states)
        AND m.id < coalesce(CAST(:before AS bigint), 9223372036854775807)
        AND EXISTS (
            SELECT FROM json_to_recordset(CAST(:scopes AS json)) AS s (directorate text, services text[], level int)
            WHERE (s.directorate IS NULL OR s.directorate = a.directorate)
                AND (s.services IS NULL OR a.service = ANY(s.services))
                AND (s.level IS NULL OR EXISTS (
                    SELECT FROM gateway.clock c WHERE c.reference = a.reference AND c.level >= s.level)))
    ORDER BY m.id DESC LIMIT :limit""")


def page(
    tx: Transaction, scopes: Sequence[Scope], states: Sequence[str], before: int | None, limit: int
) -> list[Unreached]:
    """Those of cases that any of the scopes covers, newest first; `before` is the last id of the page before."""
    covered = json.dumps([asdict(scope) for scope in scopes])
    asked = {"states": list(states), "before": before, "limit": limit, "scopes": covered}
    return rows.every(Unreached, tx.execute(_PAGE, asked))
