"""A store that does not see what is done to it, as after a restore by rough hands."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

_TRIGGERS = """
    SELECT tgname, tgenabled FROM pg_trigger
    WHERE tgrelid = 'public.application'::regclass AND NOT tgisinternal"""
_STATES = {"A": "ENABLE ALWAYS", "O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA"}


@contextmanager
def blind(owner: psycopg.Connection) -> Iterator[None]:
    """No trigger of the shared table runs in the block; afterwards each is as it was."""
    before = owner.execute(_TRIGGERS).fetchall()
    owner.execute("ALTER TABLE public.application DISABLE TRIGGER USER")
    try:
        yield
    finally:
        for name, state in before:
            turn = sql.SQL("ALTER TABLE public.application {} TRIGGER {}")
            owner.execute(turn.format(sql.SQL(_STATES[state]), sql.Identifier(name)))
