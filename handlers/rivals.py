"""Open cases that make a new one a repeat, by the answers that a service names in `one_open`.

Decides: which cases are alike. Must not know: what comes of a repeat, screens.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.context import Context
from menus.content import Service
from store import applications
from store.applications import Application

Wanted = tuple[Service, str, Mapping[str, Any]]
"""What is about to be submitted: the service, the phone (E.164), the answers."""
MOST = 50
"""Cases of one phone and service that are looked through, newest first."""


def of(context: Context, wanted: Sequence[Wanted]) -> dict[str, Application]:
    """The open case that each of these would repeat, by phone; `wanted` of different phones.

    Where a service has such a rule, the phone's applications are made one at a time from here to the transaction's end.
    """
    ruled = [each for each in wanted if each[0].one_open is not None]
    if not ruled:
        return {}
    pairs = [(phone, service.id) for service, phone, _ in ruled]
    applications.lock_phones(context.tx, pairs)
    held = applications.of_phones(context.tx, pairs, limit=MOST)
    found = {each[1]: _alike(context, each, held) for each in ruled}
    return {phone: case for phone, case in found.items() if case is not None}


def _alike(context: Context, wanted: Wanted, held: Sequence[Application]) -> Application | None:
    service, phone, answers = wanted
    of_phone = (case for case in held if case.phone == phone and case.service == service.id)
    return next((case for case in of_phone if _is_open(context, case) and _same(context, service, case, answers)), None)


def _is_open(context: Context, case: Application) -> bool:
    return not (case.state in context.content.states and context.content.states[case.state].closed)


def _same(context: Context, service: Service, case: Application, answers: Mapping[str, Any]) -> bool:
    names = service.one_open or ()
    return all(context.seals.open(name, case.answers.get(name)) == answers.get(name) for name in names)
