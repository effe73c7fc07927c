"""Who a broadcast is meant for: phones that asked for news and did not stop them, by their cases and places.

The list is made once, at approval; the key of the list is why no phone is on it twice. Knows no right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store.db import Transaction


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is meant. No services: everybody who asked for news. `own` services are the sender's whole, of the others
    only the cases that `directorate` holds (None: any). `status` is open, closed or any; empty places: any place."""

    services: Sequence[str]
    status: str
    answers: Mapping[str, Sequence[str]]
    places: Sequence[str]
    own: Sequence[str] = ()
    directorate: str | None = None


_MEANT = """
    FROM gateway.person p
    WHERE p.news_at IS NOT NULL AND p.stopped_at IS NULL AND (
        CASE WHEN cardinality(CAST(:services AS text[])) = 0
        THEN cardinality(CAST(:places AS text[])) = 0 OR p.place = ANY(CAST(:places AS text[]))
        ELSE EXISTS (
            SELECT FROM public.application a
            JOIN gateway.service_state s ON s.service = a.service AND s.state = a.state
            WHERE a.phone = p.phone AND a.service = ANY(CAST(:services AS text[]))
                AND (CAST(:directorate AS text) IS NULL OR a.directorate = :directorate
                     OR a.service = ANY(CAST(:own AS text[])))
                AND (cardinality(CAST(:places AS text[])) = 0 OR a.place = ANY(CAST(:places AS text[])))
                AND (:status = 'any' OR s.final = (:status = 'closed'))
                AND NOT EXISTS (
                    SELECT FROM jsonb_each(CAST(:answers AS jsonb)) AS wanted
                    WHERE NOT coalesce(jsonb_exists(wanted.value, a.answers ->> wanted.key), false)))
        END)"""
_COUNT = sa.text(f"SELECT p.language, count(*) AS number {_MEANT} GROUP BY p.language")
_LIST = sa.text(f"INSERT INTO gateway.broadcast_recipient (broadcast_id, phone) SELECT :id, p.phone {_MEANT}")
# An audience may be every phone we know; what is fast enough for one citizen's request is too short for it.
_PATIENTLY = sa.text("SET LOCAL statement_timeout = '60s'")


def count(tx: Transaction, audience: Audience) -> dict[str, int]:
    """How many phones are meant, by language."""
    tx.execute(_PATIENTLY)
    return {row.language: row.number for row in tx.execute(_COUNT, _values(audience))}


def _values(audience: Audience) -> dict[str, Any]:
    lists = {name: list(getattr(audience, name)) for name in ("services", "places", "own")}
    answers = Jsonb({name: list(values) for name, values in audience.answers.items()})
    return {**lists, "status": audience.status, "directorate": audience.directorate, "answers": answers}


def enlist(tx: Transaction, number: int, audience: Audience) -> int:
    """Make the list of those meant, once; how many they are."""
    tx.execute(_PATIENTLY)
    return tx.execute(_LIST, {**_values(audience), "id": number}).rowcount
