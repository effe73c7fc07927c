"""An application is submitted: one handler for every service, driven by its definition.

Decides: whether it is taken, where it goes, when it is due. Must not know: screens, channels' wire.
"""

from dataclasses import replace
from typing import Any

from handlers import notify, personal, winding
from handlers.context import Context
from handlers.quiet import Recipient
from menus.content import Service
from store import applications, events, submissions
from store.applications import Application
from store.submissions import Before, Profile

FORMS = "ussd"
"""A form that may be continued has one submission key, whichever channel sends it in the end."""
ATTEMPTS = 5
"""At a reference that another took in between: one in eight million."""


def submit(context: Context, phone: str, channel: str, session: str, args: dict[str, Any]) -> dict[str, Any]:
    """Store the case, its receipt and the person's profile, once per session.

    `args`: service, language, answers, place, person{consent, card}, and origin, the session in which the form was
    begun when a dropped one is continued. Returns {"reference"}, or {"refused": text key}.
    """
    origin = args.get("origin")
    submission = f"{FORMS}:{origin}" if origin else f"{channel}:{session}"
    service = context.content.services[args["service"]]
    for _ in range(ATTEMPTS):
        before = submissions.before(context.tx, submission, phone)
        if before.earlier is not None:
            return {"reference": before.earlier}
        other = rival(context, service, phone, args["answers"])
        if other is not None and other.submission == submission:  # a repeat that came beside this one was first
            return {"reference": other.reference}
        if other is not None:
            return {"refused": "already_open", "reference": other.reference}
        if _enter(context, _case(context, service, phone, channel, submission, args, before.reference), before, args):
            return {"reference": before.reference}
    raise RuntimeError("no free reference")


def _case(
    context: Context,
    service: Service,
    phone: str,
    channel: str,
    submission: str,
    args: dict[str, Any],
    reference: str,
) -> Application:
    return Application(
        reference=reference,
        service=service.id,
        state=service.workflow.start,
        phone=phone,
        place=args["place"],
        language=args["language"],
        answers=personal.sealed(context.content, context.seals, service, args["answers"]),
        details={},
        channel=channel,
        directorate=service.routing.of(args["place"]),
        came_from=None,
        submission=submission,
        submitted_by=None,
        version=1,
        created_at=context.now,
        updated_at=context.now,
        state_since=context.now,
        due_at=None,
    )


def _enter(context: Context, case: Application, before: Before, args: dict[str, Any]) -> bool:
    """The case with its receipt, its clocks and the person's profile, which is asked for only once; or nothing."""
    event, working_time = events.submitted(case), winding.working_time(context.content, before.days)
    case, clocks = winding.wound(context.content, working_time, case, [event])
    person = replace(before.person, language=case.language) if before.person else None
    told = notify.notice(context.content, working_time.calendar, case, event, Recipient(person), context.now)
    card = args["person"].get("card")
    kept = Profile(args["place"], personal.sealed_card(context.seals, card), personal.card_hash(context.seals, card))
    return submissions.enter(context.tx, case, told, clocks, kept, context.now)


def rival(context: Context, service: Service, phone: str, answers: dict[str, Any]) -> Application | None:
    """The open case that makes this one a repeat, by the answers that the service names in `one_open`.

    Where there is such a rule, the phone's applications are made one at a time from here to the transaction's end.
    """
    if service.one_open is None:
        return None
    same = service.one_open
    applications.lock_phone(context.tx, phone, service.id)
    for case in applications.of_phone(context.tx, phone, [service.id], limit=50):
        closed = case.state in context.content.states and context.content.states[case.state].closed
        if not closed and _alike(context, case, answers, same):
            return case
    return None


def _alike(context: Context, case: Application, answers: dict[str, Any], same: list[str]) -> bool:
    return all(context.seals.open(name, case.answers.get(name)) == answers.get(name) for name in same)
