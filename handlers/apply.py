"""An application is submitted: one handler for every service, driven by its definition.

Decides: whether it is taken, where it goes, when it is due. Must not know: screens, channels' wire.
"""

from typing import Any

from handlers.calendar import due_at
from handlers.context import Context
from handlers.notify import announce_all
from menus.content import Service
from store import applications, people
from store.applications import Application, NewApplication


def submit(context: Context, phone: str, channel: str, session: str, args: dict[str, Any]) -> dict[str, Any]:
    """Store the case, its receipt and the person's profile, once per session.

    `args`: service, language, answers, place, person{consent, card}. Returns {"reference"}, or {"refused": text key}.
    """
    submission = f"{channel}:{session}"
    existing = applications.of_submission(context.tx, submission)
    if existing is not None:
        return {"reference": existing.reference}
    service = context.content.services[args["service"]]
    rival = _rival(context, service, phone, args["answers"])
    if rival is not None:
        return {"refused": "already_open", "reference": rival.reference}
    case, created = applications.submit(
        context.tx, _new(context, service, phone, channel, submission, args), context.now
    )
    if created:
        _remember(context, phone, args)
        announce_all(context.tx, context.content, case.reference, context.now)
    return {"reference": case.reference}


def _new(
    context: Context, service: Service, phone: str, channel: str, submission: str, args: dict[str, Any]
) -> NewApplication:
    start = service.workflow.start
    return NewApplication(
        service=service.id,
        phone=phone,
        place=args["place"],
        language=args["language"],
        answers=args["answers"],
        channel=channel,
        submission=submission,
        directorate=service.routing.of(args["place"]),
        due_at=due_at(context.content, service, start, args["answers"], context.now, context.now),
    )


def _rival(context: Context, service: Service, phone: str, answers: dict[str, Any]) -> Application | None:
    """The open case that makes this one a repeat, by the answers that the service names in `one_open`."""
    if service.one_open is None:
        return None
    same = service.one_open
    for case in applications.of_phone(context.tx, phone, [service.id], limit=50):
        closed = case.state in context.content.states and context.content.states[case.state].closed
        if not closed and all(case.answers.get(name) == answers.get(name) for name in same):
            return case
    return None


def _remember(context: Context, phone: str, args: dict[str, Any]) -> None:
    """Consent and place are asked once: keep them with the phone."""
    person = args["person"]
    people.save_profile(
        context.tx,
        phone,
        language=args["language"],
        consent=True,
        place=args["place"],
        card=person.get("card"),
        now=context.now,
    )
