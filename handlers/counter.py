"""A clerk takes an application at the counter, on the citizen's behalf.

Decides: who may, whether the form is complete, and that the case waits until the citizen's own phone confirms it.
Must not know: HTTP, screens.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import cases, personal, rivals
from handlers.context import Context, Refused
from handlers.notify import announce_all
from menus.content import Service
from menus.forms import Question
from menus.walk import PROFILE_ANSWERS, Form
from store import applications
from store.applications import Application, NewApplication
from store.officers import Officer

ROLE = "CLERK"
WAITS_IN = "UNCONFIRMED"

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Slip:
    """What the clerk writes down. A choice is given by id or by key, anything else as the citizen would type it."""

    service: str
    phone: str
    place: str
    language: str
    answers: Mapping[str, str]


def submit(context: Context, officer: Officer, slip: Slip) -> Application | Refused:
    """The case, waiting for the citizen's word; or why it is not taken."""
    service = context.content.services.get(slip.service)
    if service is None:
        return _invalid([("service", f"must be one of: {', '.join(sorted(context.content.services))}")])
    if ROLE not in officer.roles or officer.directorate not in _offices(service):
        return Refused("forbidden", f"This is for a {ROLE} of: {', '.join(sorted(_offices(service)))}.")
    answers, faults = _answers(context, service, slip)
    if faults:
        return _invalid(faults)
    rival = rivals.of(context, [(service, slip.phone, answers)]).get(slip.phone)
    if rival is not None:
        return Refused("already_open", f"The citizen has {rival.reference} open.")
    case, _ = applications.submit(context.tx, _new(context, officer, service, slip, answers), context.now)
    announce_all(context.tx, context.content, case.reference, context.now)
    return applications.find(context.tx, case.reference) or case


def _new(
    context: Context, officer: Officer, service: Service, slip: Slip, answers: Mapping[str, str]
) -> NewApplication:
    return NewApplication(
        service=service.id,
        phone=slip.phone,
        place=slip.place,
        language=slip.language,
        answers=personal.sealed(context.content, context.seals, service, dict(answers)),
        channel=applications.COUNTER,
        submission=None,
        directorate=service.routing.of(slip.place),
        due_at=None,
        submitted_by=officer.name,
        state=WAITS_IN,
    )


def _offices(service: Service) -> set[str]:
    return {service.routing.default, *service.routing.by_place.values()}


def _answers(context: Context, service: Service, slip: Slip) -> tuple[dict[str, str], list[Fault]]:
    """(answers in stored form, faults by field), by the form's own rules; asked in the form's order."""
    known = {"known_consent": "yes", "known_card": "yes", "known_place": "yes", "place": slip.place}
    form = Form(context.content, service, known, context.today)
    faults = [] if slip.place in context.content.place_codes else [("place", "must be a place code")]
    if service.window and not service.window.is_open(context.today):
        faults.append(("service", f"takes applications from {service.window.opens} to {service.window.closes}"))
    found: dict[str, str] = {}
    while question := next((q for q in form.questions(found) if _is_open(q, found, faults)), None):
        value = _value(context, question, slip)
        if value is None:
            faults.append((question.id, "is missing, or no answer to this question"))
        else:
            found[question.id] = value
    asked = {question.id for question in service.questions}
    faults += [(name, "is no question of this service") for name in slip.answers if name not in asked]
    return found, faults


def _is_open(question: Question, found: Mapping[str, str], faults: list[Fault]) -> bool:
    seen = {*found, *(name for name, _ in faults), *PROFILE_ANSWERS}
    return question.id not in seen


def _value(context: Context, question: Question, slip: Slip) -> str | None:
    """The clerk's answer; a question that only asks "is this right?" has been put at the counter."""
    if any(choice.redo for choice in question.choices):
        return next(choice.id for choice in question.choices if not choice.redo)
    said = slip.answers.get(question.id, "")
    value = question.accept(said) or (said if question.holds(said) else None)
    named = value is not None and question.own and not (question.special and value == question.special.id)
    return None if named and cases.owned(context, slip.phone, str(value)) is None else value


def _invalid(faults: list[Fault]) -> Refused:
    return Refused("invalid_params", "The form has faults; see fields.", tuple(faults))
