"""An application is submitted: one handler for every service, driven by its definition.

Decides: whether it is taken, where it goes, when it is due. Must not know: screens, channels' wire.
"""

from typing import Any

from handlers import personal
from handlers.context import Context
from handlers.notify import announce_all
from menus.content import Service
from store import applications, people
from store.applications import Application, NewApplication

FORMS = "ussd"
"""A form that may be continued has one submission key, whichever channel sends it in the end."""


def submit(context: Context, phone: str, channel: str, session: str, args: dict[str, Any]) -> dict[str, Any]:
    """Store the case, its receipt and the person's profile, once per session.

    `args`: service, language, answers, place, person{consent, card}, and origin, the session in which the form was
    begun when a dropped one is continued. Returns {"reference"}, or {"refused": text key}.
    """
    origin = args.get("origin")
    submission = f"{FORMS}:{origin}" if origin else f"{channel}:{session}"
    existing = applications.of_submission(context.tx, submission)
    if existing is not None:
        return {"reference": existing.reference}
    service = context.content.services[args["service"]]
    other = rival(context, service, phone, args["answers"])
    if other is not None:
        return {"refused": "already_open", "reference": other.reference}
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
    return NewApplication(
        service=service.id,
        phone=phone,
        place=args["place"],
        language=args["language"],
        answers=personal.sealed(context.content, context.seals, service, args["answers"]),
        channel=channel,
        submission=submission,
        directorate=service.routing.of(args["place"]),
        due_at=None,  # from its clocks, once it has a history
    )


def rival(context: Context, service: Service, phone: str, answers: dict[str, Any]) -> Application | None:
    """The open case that makes this one a repeat, by the answers that the service names in `one_open`."""
    if service.one_open is None:
        return None
    same = service.one_open
    for case in applications.of_phone(context.tx, phone, [service.id], limit=50):
        closed = case.state in context.content.states and context.content.states[case.state].closed
        if not closed and _alike(context, case, answers, same):
            return case
    return None


def _alike(context: Context, case: Application, answers: dict[str, Any], same: list[str]) -> bool:
    return all(context.seals.open(name, case.answers.get(name)) == answers.get(name) for name in same)


def _remember(context: Context, phone: str, args: dict[str, Any]) -> None:
    """Consent and place are asked once: keep them with the phone."""
    person = args["person"]
    people.save_profile(
        context.tx,
        phone,
        language=args["language"],
        consent=True,
        place=args["place"],
        card=personal.sealed_card(context.seals, person.get("card")),
        card_hash=personal.card_hash(context.seals, person.get("card")),
        now=context.now,
    )
