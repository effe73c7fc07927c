"""Applications: made, found, listed and moved. Knows neither the workflow nor who may do what.

The database fills in the reference and refuses moves that the workflow does not have; this module only carries its
answer. One submission key makes one application, however often it is sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from store import rows
from store.acts import pose, refusals
from store.cases import Act, Application, IllegalMove, NewApplication, Scope, StaleCase
from store.db import Transaction
from store.pages import page

__all__ = [
    "Act",
    "Application",
    "IllegalMove",
    "NewApplication",
    "Scope",
    "StaleCase",
    "find",
    "find_all",
    "lock",
    "lock_free",
    "lock_phones",
    "move",
    "of_phone",
    "of_phones",
    "of_submission",
    "own",
    "page",
    "set_due",
    "submit",
]

_NOTHING: Mapping[str, Any] = {}
COUNTER = "counter"
"""The channel of what an officer submits for a citizen."""

_SUBMIT = sa.text("""
    INSERT INTO public.application (service, phone, place, language, answers, channel, submission, directorate, due_at,
                                    submitted_by, state, created_at)
    VALUES (:service, :phone, :place, :language, :answers, :channel, :submission, :directorate, :due_at,
            :submitted_by, :state, :now)
    ON CONFLICT (submission) DO NOTHING RETURNING *""")
_FIND = sa.text("SELECT * FROM public.application WHERE reference = :reference")
_FIND_ALL = sa.text("SELECT * FROM public.application WHERE reference = ANY(CAST(:references AS char(8)[]))")
_LOCK = sa.text("SELECT * FROM public.application WHERE reference = :reference FOR UPDATE")
# The owner's question and a stranger's, of a case that exists or not, are the same work.
_OWN = sa.text("""
    SELECT * FROM public.application WHERE reference = :reference AND phone = :phone
        AND created_at > coalesce((SELECT disowned_at FROM gateway.person WHERE phone = :phone), '-infinity')""")
# In one order for everybody: OFFSET 0 keeps the locks from being taken before the rows are sorted.
_LOCK_PHONES = sa.text("""
    SELECT pg_advisory_xact_lock(4970, key) FROM (
        SELECT DISTINCT hashtext(phone || ' ' || service) AS key
        FROM unnest(CAST(:phones AS text[]), CAST(:services AS text[])) AS given (phone, service)
        ORDER BY key OFFSET 0) AS sorted""")
_LOCK_FREE = sa.text("SELECT * FROM public.application WHERE reference = :reference FOR UPDATE SKIP LOCKED")
_OF_SUBMISSION = sa.text("SELECT * FROM public.application WHERE submission = :key")
_OF_PHONE = sa.text("""
    SELECT * FROM public.application
    WHERE phone = :phone AND (CAST(:services AS text[]) IS NULL OR service = ANY(CAST(:services AS text[])))
        AND created_at > coalesce((SELECT disowned_at FROM gateway.person WHERE phone = :phone), '-infinity')
    ORDER BY created_at DESC, reference DESC LIMIT :limit""")
_OF_PHONES = sa.text("""
    SELECT a.* FROM unnest(CAST(:phones AS text[]), CAST(:services AS text[])) AS given (phone, service)
    CROSS JOIN LATERAL (
        SELECT * FROM public.application
        WHERE phone = given.phone AND service = given.service
            AND created_at > coalesce((SELECT disowned_at FROM gateway.person WHERE phone = given.phone), '-infinity')
        ORDER BY created_at DESC, reference DESC LIMIT :limit) AS a""")
_MOVE = sa.text("""
    UPDATE public.application
    SET state = :to_state, details = (details - CAST(:cleared AS text[])) || :details, answers = answers || :answers,
        directorate = coalesce(:directorate, directorate), due_at = :due_at, updated_at = :now
    WHERE reference = :reference AND version = :version RETURNING *""")
# Waits for nobody: whoever is writing a case now, perhaps many at once, must not be kept waiting for us in turn.
_SET_DUE = sa.text("""
    WITH given AS (
        SELECT * FROM unnest(CAST(:references AS char(8)[]), CAST(:versions AS integer[]),
                             CAST(:dues AS timestamptz[])) AS g (reference, version, due_at)),
    free AS MATERIALIZED (
        SELECT a.reference, g.due_at FROM public.application a JOIN given g USING (reference, version)
        ORDER BY a.reference FOR UPDATE OF a SKIP LOCKED)
    UPDATE public.application a SET due_at = free.due_at FROM free WHERE a.reference = free.reference
    RETURNING a.reference""")


def submit(tx: Transaction, new: NewApplication, now: datetime) -> tuple[Application, bool]:
    """The application of this submission, and whether it was made now; waits for a rival with the same key.

    IllegalMove for a service that the store does not have.
    """
    values = {field.name: getattr(new, field.name) for field in fields(NewApplication)}
    kind = "officer" if new.channel == COUNTER else "citizen"
    pose(tx, Act(kind, new.submitted_by or new.phone, "submit"), now)
    with refusals():
        result = tx.execute(_SUBMIT, {**values, "answers": Jsonb(dict(new.answers)), "now": now})
    made = rows.first(Application, result)
    if made is not None:
        return made, True
    # Only a taken submission key makes no row, and its owner has committed: the INSERT waited for it.
    earlier = rows.value(Application, tx.execute(_OF_SUBMISSION, {"key": new.submission}).one())
    return earlier, False


def find(tx: Transaction, reference: str) -> Application | None:
    """The case with this reference."""
    return rows.first(Application, tx.execute(_FIND, {"reference": reference}))


def find_all(tx: Transaction, references: Collection[str]) -> dict[str, Application]:
    """The cases with these references, by reference."""
    found = rows.every(Application, tx.execute(_FIND_ALL, {"references": list(references)}))
    return {case.reference: case for case in found}


def own(tx: Transaction, reference: str, phone: str) -> Application | None:
    """The case with this reference, when this phone (E.164) is its owner; None tells nothing of whether it exists."""
    return rows.first(Application, tx.execute(_OWN, {"reference": reference, "phone": phone}))


def lock(tx: Transaction, reference: str) -> Application | None:
    """The case with this reference, kept from other writers until the transaction ends."""
    return rows.first(Application, tx.execute(_LOCK, {"reference": reference}))


def lock_free(tx: Transaction, reference: str) -> Application | None:
    """The same, or None at once when somebody else is writing it."""
    return rows.first(Application, tx.execute(_LOCK_FREE, {"reference": reference}))


def lock_phones(tx: Transaction, pairs: Sequence[tuple[str, str]]) -> None:
    """Until the transaction ends nobody else holds the locks of these (phone, service): one at a time looks for open
    cases and makes one. Taken in one order, so that two who want several wait for each other and never in a ring."""
    phones, services = zip(*pairs, strict=True) if pairs else ((), ())
    tx.execute(_LOCK_PHONES, {"phones": list(phones), "services": list(services)})


def of_submission(tx: Transaction, key: str) -> Application | None:
    """The case that this submission key made."""
    return rows.first(Application, tx.execute(_OF_SUBMISSION, {"key": key}))


def of_phone(tx: Transaction, phone: str, services: Sequence[str] | None = None, limit: int = 20) -> list[Application]:
    """Cases of a phone (E.164), newest first; of these services only, when any are named."""
    wanted = None if services is None else list(services)
    return rows.every(Application, tx.execute(_OF_PHONE, {"phone": phone, "services": wanted, "limit": limit}))


def of_phones(tx: Transaction, pairs: Sequence[tuple[str, str]], limit: int) -> list[Application]:
    """Cases of these (phone, service), of each pair the newest `limit`, newest first."""
    phones, services = zip(*pairs, strict=True) if pairs else ((), ())
    given = {"phones": list(phones), "services": list(services), "limit": limit}
    return rows.every(Application, tx.execute(_OF_PHONES, given))


def move(
    tx: Transaction,
    case: Application,
    *,
    to_state: str,
    act: Act,
    details: Mapping[str, Any],
    answers: Mapping[str, Any] = _NOTHING,
    cleared: Sequence[str] = (),
    directorate: str | None = None,
    due_at: datetime | None,
    now: datetime,
) -> Application:
    """The case in its next state, with `details` and `answers` added to its own, the details named in `cleared` gone.

    `due_at` None takes the deadline away, `directorate` None keeps the holder. StaleCase when `case` is not the newest
    version, IllegalMove when the workflow has no such move; the transaction can go on after both.
    """
    changes = {"to_state": to_state, "details": Jsonb(dict(details)), "directorate": directorate, "due_at": due_at}
    changes |= {"answers": Jsonb(dict(answers)), "cleared": list(cleared)}
    with refusals(), tx.begin_nested():
        pose(tx, act, now)
        result = tx.execute(_MOVE, {**changes, "reference": case.reference, "version": case.version, "now": now})
        moved = rows.first(Application, result)
    if moved is None:
        raise StaleCase(case.reference)
    return moved


def set_due(tx: Transaction, dues: Collection[tuple[str, int, datetime | None]]) -> set[str]:
    """Set the deadlines of these (reference, version); that makes no new version. The references where it was set.

    Not set where the case has a newer version or another transaction is writing it.
    """
    references, versions, days = zip(*dues, strict=True) if dues else ((), (), ())
    given = {"references": list(references), "versions": list(versions), "dues": list(days)}
    return set(tx.execute(_SET_DUE, given).scalars()) if dues else set()
