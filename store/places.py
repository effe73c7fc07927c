"""The places that a case may name, as the trigger on new cases knows them. Decides nothing about them."""

from collections.abc import Collection

import sqlalchemy as sa

from store.db import Transaction

_DROP = sa.text("DELETE FROM gateway.place WHERE place <> ALL(CAST(:places AS text[]))")
_PUT = sa.text("INSERT INTO gateway.place SELECT unnest(CAST(:places AS text[])) ON CONFLICT DO NOTHING")


def sync(tx: Transaction, places: Collection[str]) -> None:
    """New cases may name these and no other; without any, whatever they like. Cases keep what they name."""
    given = {"places": sorted(places)}
    tx.execute(_DROP, given)
    tx.execute(_PUT, given)
