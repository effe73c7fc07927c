"""Turns rows into frozen values, by the names of the value's fields.

Columns that a value does not name are left out: a newer schema may have more of them.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

import sqlalchemy as sa

T = TypeVar("T")


@cache
def names(kind: Any) -> tuple[str, ...]:
    """The columns of a value, in the order of its fields."""
    return tuple(field.name for field in fields(kind))


def value(kind: type[T], row: sa.Row[Any]) -> T:
    """The row as a `kind`, a dataclass whose fields are named as the columns."""
    columns = row._mapping
    return kind(**{name: columns[name] for name in names(cast(Any, kind))})


@cache
def reader(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """What gives all the columns of a value, in the order of its fields."""
    return attrgetter(*names(kind))


def values(given: Any) -> dict[str, Any]:
    """The columns that a value has, by name."""
    kind: Any = type(given)
    return dict(zip(names(kind), reader(kind)(given), strict=True))


def first(kind: type[T], result: sa.CursorResult[Any]) -> T | None:
    """The first row as a `kind`, or None when there is none."""
    row = result.first()
    return None if row is None else value(kind, row)


def every(kind: type[T], result: sa.CursorResult[Any]) -> list[T]:
    """All rows as `kind`, in the order in which they came."""
    return [value(kind, row) for row in result]
