"""What a USSD session opens with, and what a dropped one leaves: a form to go on with for 24 hours.

Decides: which screen comes first on dialling, and whether the citizen is told of an unfinished form. Must not know:
sessions' memory, providers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import cases, personal, profile
from handlers.context import Context
from handlers.notify import NOTICE
from menus import carry, unfinished
from menus.gsm import segments
from menus.state import State
from store import drafts, outbox, people
from store.drafts import Dialled, Draft

CHANNEL = "ussd"
RESUME = "resume"
"""Kind and text key of the SMS about an unfinished form."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a phone (E.164) has dialled. `bare`: nothing after the code; `named`: the service of a shortcut alone."""

    phone: str
    session: str
    bare: bool
    named: str | None = None


def openings(context: Context, calls: Sequence[Call], default_language: str) -> list[State]:
    """The first states of these sessions, in their order, each the same however often it is asked for.

    An office's question comes first, then an unfinished form, then the menu. Whoever dials more than the code knows
    where they want to go, except that the service of a shortcut still brings up its own unfinished form.
    """
    waiting = context.content.waiting_states
    asked = [(call.phone, call.session) for call in calls]
    found = drafts.dialled(context.tx, asked, CHANNEL, waiting, context.now) if calls else []
    return [_opening(context, call, each, default_language) for call, each in zip(calls, found, strict=True)]


def _opening(context: Context, call: Call, found: Dialled, default_language: str) -> State:
    language, known = profile.facts(context, found.person, call.session, default_language)
    state = State(language="en" if language == "en" else "ar", known=known)
    if found.replaced:
        return state.to("end", action="replaced")
    form = _form(context, call, found, state)
    state = form or state
    case = _case(context, call.phone, found, call.bare, state.language)
    if case:
        state = state.to("case", case=case)
    if (form or case) and not found.offered:
        offered = found.draft.session if form and found.draft else None
        drafts.offer(context.tx, call.session, offered, case.get("reference"), context.now)
    return state


def _form(context: Context, call: Call, found: Dialled, state: State) -> State | None:
    """The offer of the unfinished form, carried from the version that it was left in; None when there is none."""
    draft = found.draft
    if draft is None:
        return None
    answers = personal.opened(context.seals, draft.answers)
    form = carry.carried(context.content, unfinished.offered(state, draft.service, answers, draft.origin))
    if form.at != RESUME:
        return None
    return form if found.offered or call.bare or call.named == form.service else None


def _case(context: Context, phone: str, found: Dialled, bare: bool, language: str) -> dict[str, Any]:
    if found.waiting is None or not (found.offered or bare):
        return {}
    return cases.shown(context, phone, found.waiting, language)


def keep(context: Context, session: str, phone: str, state: State, at: datetime, *, tell: bool) -> bool:
    """Keep what a session leaves unfinished, as of `at`; `tell` by SMS, once a form however many calls it takes.

    It is kept in the words of the version that the session is on, and carried when it is offered.
    """
    if not unfinished.is_unfinished(state):
        return False
    origin = state.known.get(unfinished.ORIGIN, session)
    answers = personal.sealed_whole(context.seals, state.answers)
    draft = Draft(session, origin, phone, state.service, state.language, answers)
    if not drafts.save(context.tx, draft, CHANNEL, at):
        return False
    if tell and _can_go_on(context, state) and drafts.tell(context.tx, draft):
        _tell(context, phone, state.language)
    return True


def _can_go_on(context: Context, state: State) -> bool:
    return carry.form(context.content, state.service, state.answers)[0] in context.content.services


def _tell(context: Context, phone: str, language: str) -> None:
    person = people.find(context.tx, phone)
    text = context.content.sms[RESUME][language]
    message = outbox.NewMessage(
        phone=phone,
        language=language,
        kind=RESUME,
        text=text,
        parts=segments(text),
        priority=NOTICE,
        muted=bool(person and person.stopped_at),
    )
    outbox.insert(context.tx, message, context.now)


def discard(context: Context, phone: str, args: dict[str, Any]) -> dict[str, Any]:
    """The citizen drops an unfinished form, or begins it again."""
    drafts.discard(context.tx, phone, args["origin"], context.now)
    return {}
