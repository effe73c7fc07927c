"""Applications are submitted: one handler for every service, driven by its definition, for however many at once.

Decides: whether one is taken, where it goes, when it is due. Must not know: screens, channels' wire.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handlers import notify, personal, rivals, winding
from handlers.context import Context
from handlers.quiet import Recipient
from handlers.winding import WorkingTime
from menus.content import Content, Service
from store import events, submissions
from store.cases import Application
from store.submissions import Before, Entry, Profile

FORMS = "ussd"
"""A form that may be continued has one submission key, whichever channel sends it in the end."""
DROPPED = "replaced"
ATTEMPTS = 5
"""At a reference that another took in between: one in eight million."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a phone (E.164) sends in a session. `args`: service, language, answers, place, person{consent, card}, and
    origin, the session in which the form was begun when a dropped one is continued."""

    phone: str
    channel: str
    session: str
    args: dict[str, Any]

    @property
    def key(self) -> str:
        """One key makes one case, however often it is sent."""
        origin = self.args.get("origin")
        return f"{FORMS}:{origin}" if origin else f"{self.channel}:{self.session}"

    @property
    def call(self) -> str | None:
        """The call in which the form was begun: in a newer one the citizen may have dropped it."""
        return (self.args.get("origin") or self.session) if self.channel == FORMS else None


def submit(context: Context, phone: str, channel: str, session: str, args: dict[str, Any]) -> dict[str, Any]:
    """Store the case, its receipt and the person's profile, once per session.

    Returns {"reference"}; {"refused": text key, "reference"} where the case `reference` makes this one a repeat;
    {"refused": text key} where the citizen has dropped the form in a newer call.
    """
    return submit_all(context, [Submission(phone, channel, session, args)])[0]


def submit_all(context: Context, asked: Sequence[Submission]) -> list[dict[str, Any]]:
    """The same for submissions of different phones, in their order; the statements are the same for one and for many.

    Whatever raises leaves nothing stored of any once the transaction is rolled back: ValueError when two are of one
    phone or have one key, KeyError for a service that the content does not have, IllegalMove for what the store does
    not have.
    """
    if min(len({each.phone for each in asked}), len({each.key for each in asked})) < len(asked):
        raise ValueError("two submissions of one phone, or with one key")
    done: dict[str, dict[str, Any]] = {}
    for _ in range(ATTEMPTS):
        left = [each for each in asked if each.key not in done]
        if not left:
            return [done[each.key] for each in asked]
        done |= _attempt(context, left)
    raise RuntimeError("no free reference")


def takes_turns(content: Content, asked: Sequence[Submission]) -> bool:
    """Whether these need one transaction for all their statements, for a lock that is held over them; else what is
    entered is entered by one statement, and each may be a transaction of its own."""
    return any(content.services[each.args["service"]].one_open is not None for each in asked)


def _attempt(context: Context, asked: Sequence[Submission]) -> dict[str, dict[str, Any]]:
    """What has come of them, by key; nothing for one whose key or reference another took in between."""
    known, days = submissions.before(context.tx, [(each.phone, each.key, each.call) for each in asked])
    done: dict[str, dict[str, Any]] = {key: {"refused": DROPPED} for key, before in known.items() if before.is_dropped}
    done |= {key: {"reference": before.earlier} for key, before in known.items() if before.earlier is not None}
    done |= _repeats(context, [each for each in asked if each.key not in done])
    working_time = winding.working_time(context.content, days)
    new = [_entry(context, working_time, each, known[each.key]) for each in asked if each.key not in done]
    made = submissions.enter(context.tx, new, context.now) if new else ()
    return done | {
        entry.case.submission or "": {"reference": entry.case.reference}
        for entry in new
        if entry.case.reference in made
    }


def _repeats(context: Context, asked: Sequence[Submission]) -> dict[str, dict[str, Any]]:
    wanted = [(context.content.services[each.args["service"]], each.phone, each.args["answers"]) for each in asked]
    found = rivals.of(context, wanted)
    return {
        # Of one key: a repeat that came beside this one was first.
        each.key: {"reference": other.reference} if other.submission == each.key else _refused(other)
        for each in asked
        if (other := found.get(each.phone))
    }


def _refused(other: Application) -> dict[str, Any]:
    return {"refused": "already_open", "reference": other.reference}


def _entry(context: Context, working_time: WorkingTime, asked: Submission, before: Before) -> Entry:
    """The case with its receipt, its clocks and the person's profile, which is asked for only once."""
    case = _case(context, asked, before.reference)
    event = events.submitted(case)
    case, clock = winding.wound(context.content, working_time, case, [event])
    person = before.person
    if person and person.language != case.language:
        person = replace(person, language=case.language)
    told = notify.notice(context.content, working_time.calendar, case, event, Recipient(person), context.now)
    card = asked.args["person"].get("card")
    kept = Profile(case.place, personal.sealed_card(context.seals, card), personal.card_hash(context.seals, card))
    return Entry(case, told, clock, kept)


def _case(context: Context, asked: Submission, reference: str) -> Application:
    service: Service = context.content.services[asked.args["service"]]
    answers: Mapping[str, Any] = asked.args["answers"]
    return Application(
        reference=reference,
        service=service.id,
        state=service.workflow.start,
        phone=asked.phone,
        place=asked.args["place"],
        language=asked.args["language"],
        answers=personal.sealed(context.content, context.seals, service, answers),
        details={},
        channel=asked.channel,
        directorate=service.routing.of(asked.args["place"]),
        came_from=None,
        submission=asked.key,
        submitted_by=None,
        version=1,
        created_at=context.now,
        updated_at=context.now,
        state_since=context.now,
        due_at=None,
    )
