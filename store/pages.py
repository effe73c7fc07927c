"""Pages of cases, newest first, for whoever may see some of them. Decides nobody's right to see one.

Each scope is read along an index of its own and never past the page, whether it covers a handful of a million cases or
nearly all: one condition with OR would leave PostgreSQL to walk every case for an officer who has few.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import rows
from store.cases import Application, Scope
from store.db import Transaction

_TABLE = sa.table("application", *(sa.column(field.name) for field in fields(Application)), schema="public")
_CLOCK = sa.table("clock", sa.column("reference"), sa.column("level"), schema="gateway")
_KEY = (_TABLE.c.created_at, _TABLE.c.reference)
_NEWEST_FIRST = (_TABLE.c.created_at.desc(), _TABLE.c.reference.desc())
_ALL = (Scope(directorate=None, services=None),)


def page(
    tx: Transaction,
    *,
    scopes: Sequence[Scope] | None = None,
    service: str | None = None,
    state: str | None = None,
    phone: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Application]:
    """Cases that any of the scopes covers (None: all), newest first; `after` is the last (created_at, reference)."""
    asked = {name: value for name, value in (("state", state), ("phone", phone)) if value is not None}
    parts = [_part(branch | asked, after, limit) for branch in _branches(_ALL if scopes is None else scopes, service)]
    if not parts:
        return []
    found = sa.union(*(part.subquery().select() for part in parts)).subquery()
    newest = sa.select(found).order_by(found.c.created_at.desc(), found.c.reference.desc()).limit(limit).subquery()
    query = sa.select(_TABLE).join(newest, _TABLE.c.reference == newest.c.reference).order_by(*_NEWEST_FIRST)
    return rows.every(Application, tx.execute(query))


def _branches(scopes: Sequence[Scope], service: str | None) -> Iterator[dict[str, str | int]]:
    """One service and one directorate at most in each, so that each is one span of one index."""
    for scope in scopes:
        holder: dict[str, str | int] = {} if scope.directorate is None else {"directorate": scope.directorate}
        holder |= {} if scope.level is None else {"level": scope.level}
        if service is not None:
            if scope.services is None or service in scope.services:
                yield {**holder, "service": service}
        elif scope.services is None:
            yield holder
        else:
            yield from ({**holder, "service": each} for each in dict.fromkeys(scope.services))


def _part(wanted: Mapping[str, str | int], after: tuple[datetime, str] | None, limit: int) -> sa.Select[Any]:
    query = sa.select(*_KEY).order_by(*_NEWEST_FIRST).limit(limit)
    for name, value in wanted.items():
        query = query.where(_held_at(value) if name == "level" else _TABLE.c[name] == value)
    if after is not None:
        created_at, reference = after
        last = sa.tuple_(sa.literal(created_at), sa.cast(reference, sa.CHAR(8)))
        query = query.where(sa.tuple_(*_KEY) < last)
    return query


def _held_at(level: str | int) -> sa.ColumnElement[bool]:
    """Few cases are held so far up; their clocks know them."""
    return _TABLE.c.reference.in_(sa.select(_CLOCK.c.reference).where(_CLOCK.c.level == level))
