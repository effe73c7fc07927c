"""Every event becomes one message to the citizen, whoever caused it.

Decides: which text announces a change, and to whom. Must not know: providers, queues, who called.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from handlers import ownership, winding
from handlers.quiet import OWNER, Leave, Recipient, leave
from handlers.wording import case_words, sms
from menus.content import Content, Service
from menus.governorate import Calendar
from menus.gsm import segments
from menus.workflow import SAME
from store import events, muting, outbox, people
from store.applications import Application
from store.db import Transaction
from store.events import Event
from store.outbox import NewMessage

ANSWER = 0
"""Outbox priority of what the citizen waits for, or what cannot wait."""
NOTICE = 1
"""Outbox priority of a status notice."""
URGENT = "urgent"
"""The class of texts that overtake a notice held for the night."""


SILENT = "none"
"""Kind of the row of an event that is the office's alone: every event has its row, so that a missing one is a fault."""


def announce(tx: Transaction, content: Content, fresh: Sequence[Event], now: datetime) -> None:
    """Write the message rows of events, oldest first, and note their cases' clocks; safe to repeat.

    An event with nothing to tell has a muted and empty row. The statements are the same for one event and for many.
    """
    working_time = winding.today(tx, content)
    cases = winding.wind_after(tx, content, working_time, fresh)
    recipients = _recipients(tx, cases, fresh, now)
    told = [
        notice(content, working_time.calendar, case, event, recipients[case.reference], now)
        for event in fresh
        if (case := cases.get(event.reference)) and event.service in content.services
    ]
    asked = {each.phone: each.language for each in told if each.held == OWNER}
    outbox.insert_all(tx, [*told, *(ownership.ask(tx, content, asked, now) if asked else ())], now)
    events.mark_relayed(tx, [event.id for event in fresh], now)


def _recipients(
    tx: Transaction, cases: Mapping[str, Application], fresh: Sequence[Event], now: datetime
) -> dict[str, Recipient]:
    """Who hears of each case, by reference. Whoever did it all themselves is not doubted."""
    phones = {case.phone for case in cases.values()}
    by_others = {each.reference for each in fresh if each.actor_kind != "citizen"} & cases.keys()
    known, muted = people.find_all(tx, phones), muting.muted(tx, phones)
    doubted = ownership.doubted(tx, {cases[reference].phone for reference in by_others}, now)
    return {
        name: Recipient(known.get(case.phone), (case.phone, name) in muted, case.phone in doubted)
        for name, case in cases.items()
    }


def announce_all(tx: Transaction, content: Content, reference: str, now: datetime) -> None:
    """Announce the events that this transaction made about one case."""
    announce(tx, content, events.unrelayed_of(tx, reference), now)


def notice(
    content: Content, calendar: Calendar, case: Application, event: Event, to: Recipient, now: datetime
) -> NewMessage:
    """What an event tells the citizen of the case, and when; `calendar`: working time with the store's own days."""
    service = content.services[event.service]
    key = text_key(content, service, case, event)
    language = to.person.language if to.person else case.language
    kind, text = _worded(content, service, case, event, key, language) if key else (SILENT, "")
    own = event.actor_kind == "citizen"
    leaves = Leave(True) if kind == SILENT else leave(content, calendar, case, to, key or kind, own, now)
    urgent = own or content.notices.texts.get(key or kind) == URGENT
    return NewMessage(
        phone=case.phone,
        language=language,
        kind=kind,
        text=text,
        parts=segments(text) if text else 0,
        priority=ANSWER if urgent else NOTICE,
        reference=case.reference,
        event_id=event.id,
        muted=leaves.muted,
        not_before=leaves.not_before,
        held=leaves.held,
    )


def text_key(content: Content, service: Service, case: Application, event: Event) -> str | None:
    """The SMS text of an event: the move's own, else the state's; None for a step that concerns the office alone."""
    if _is_received(content, service, event):
        if service.urgent and service.is_urgent(case.answers):
            return service.urgent.text
        return _state_text(content, service, event.to_state)
    if event.from_state is None:
        return _state_text(content, service, event.to_state)
    move = service.workflow.find(event.from_state, event.action or "", case.answers)
    if move and move.text:
        return move.text
    if event.from_state == event.to_state and (move is None or move.to == SAME or move.gather):
        return None
    return _state_text(content, service, event.to_state)


def _is_received(content: Content, service: Service, event: Event) -> bool:
    """Whether the case has now reached the office: sent, or made at a counter and confirmed."""
    came_from = content.states.get(event.from_state or "")
    return event.to_state == service.workflow.start and (
        event.from_state is None or bool(came_from and came_from.entry)
    )


def _state_text(content: Content, service: Service, state: str) -> str | None:
    if state not in service.workflow.states:
        return "generic"
    return service.use(state).text or content.states[state].text


def _worded(
    content: Content, service: Service, case: Application, event: Event, key: str, language: str
) -> tuple[str, str]:
    """(text key used, text) of a notice."""
    words = case_words(content, service, case, language)
    words["state"] = content.state_label(event.to_state, language)
    return sms(content, key, language, words)
