"""A citizen's submission as the store takes it: one question before, the case, and all that comes with it.

Three statements, of the driver's own, because every application by phone makes them (docs/adr/0014). Knows neither
forms nor texts; a case that other systems or a counter enter goes another way (store/applications.py, store/events.py).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.types.json import Jsonb

from store import rows
from store.acts import refusals
from store.cases import Application
from store.clocks import ClockRow, SpecialDay
from store.db import Transaction, driver
from store.outbox import NewMessage
from store.people import SAVE_PROFILE, Person


@dataclass(frozen=True, slots=True)
class Before:
    """What is known ahead of a submission. `earlier`: the case that this key has made already.

    `reference`: one that is free; `days`: the governorate's own, by date.
    """

    earlier: str | None
    reference: str
    person: Person | None
    days: Sequence[SpecialDay]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the form asked of the person and keeps; None keeps what is there."""

    place: str | None
    card: str | None
    card_hash: str | None


_PERSON = rows.names(Person)
_BEFORE = f"""
    SELECT {", ".join(f"p.{name}" for name in _PERSON)}, gateway.new_reference(),
           (SELECT reference FROM public.application WHERE submission = %(key)s),
           (SELECT jsonb_agg(to_jsonb(d) - 'set_at' ORDER BY day) FROM gateway.special_day d)
    FROM (SELECT %(phone)s::text AS number) AS call LEFT JOIN gateway.person p ON p.phone = call.number
    """  # noqa: S608 - the names are a value's own

# Who acts is said in the statement that acts: the capture reads it when the row is there.
_ENTER = """
    INSERT INTO public.application (reference, service, state, phone, place, language, answers, channel, directorate,
                                    submission, created_at, due_at)
    SELECT %(reference)s, %(service)s, %(state)s, %(phone)s, %(place)s, %(language)s, %(answers)s, %(channel)s,
           %(directorate)s, %(submission)s, %(created_at)s, %(due_at)s
    FROM (SELECT set_config('gateway.act', %(act)s, true)) AS act
    ON CONFLICT DO NOTHING RETURNING true"""
_WITH_IT = f"""
    WITH made AS MATERIALIZED (
        SELECT id FROM gateway.event WHERE reference = %(reference)s ORDER BY id DESC LIMIT 1),
    told AS (
        INSERT INTO gateway.message (event_id, reference, phone, language, kind, text, parts, priority, state,
                                     next_attempt_at, created_at, closed_at, held)
        SELECT id, %(reference)s, %(phone)s, %(language)s, %(kind)s, %(text)s, %(parts)s, %(priority)s,
               CASE WHEN %(muted)s THEN 'muted' ELSE 'queued' END,
               coalesce(%(not_before)s::timestamptz, %(now)s), %(now)s, CASE WHEN %(muted)s THEN %(now)s END, %(held)s
        FROM made),
    wound AS (
        INSERT INTO gateway.clock (reference, version, rules, turn, since, state_due_at, case_due_at, used, level,
                                   next_at)
        SELECT %(reference)s, %(version)s, %(rules)s, %(turn)s, %(since)s, %(state_due_at)s, %(case_due_at)s, %(used)s,
               %(level)s, %(next_at)s
        WHERE %(rules)s::text IS NOT NULL)
    {SAVE_PROFILE}"""  # noqa: S608 - the statement is store/people.py's


def before(tx: Transaction, key: str, phone: str) -> Before:
    """What a submission with this key from this phone (E.164) has to know."""
    found = driver(tx).execute(_BEFORE, {"key": key, "phone": phone}).fetchone()
    assert found is not None  # a call is a row
    *person, reference, earlier, days = found
    known = Person(*person) if person[0] is not None else None
    own = [SpecialDay(**(day | {"day": date.fromisoformat(day["day"])})) for day in days or ()]
    return Before(earlier, reference, known, own)


def enter(
    tx: Transaction, case: Application, told: NewMessage, wound: ClockRow | None, kept: Profile, now: datetime
) -> bool:
    """Store a citizen's new case, what it tells them, its clocks and their profile.

    False, and nothing stored, when its key or its reference is taken; whoever took it has committed. IllegalMove for a
    service or state that the store does not have.
    """
    act = {"kind": "citizen", "actor": case.phone, "action": "submit", "details": {}, "at": now.isoformat()}
    act |= {"announced": "by the next statement"}  # so the event is born relayed
    entered = {**rows.values(case), "answers": Jsonb(case.answers), "act": json.dumps(act)}
    with refusals():
        made = driver(tx).execute(_ENTER, entered).fetchone()
    if made is None:
        return False
    clocks = rows.values(wound) if wound else dict.fromkeys(rows.names(ClockRow))
    beside = {**clocks, **rows.values(told), **rows.values(kept), "consent": True, "now": now}
    driver(tx).execute(_WITH_IT, beside)
    return True
