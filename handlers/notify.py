"""One event becomes one message to the citizen, whoever caused it.

Decides: which text announces a change, and to whom. Must not know: providers, queues, who called.
"""

from datetime import datetime

from handlers.quiet import Leave, leave
from handlers.winding import wind
from handlers.wording import case_words, sms
from menus.content import Content, Service
from menus.gsm import segments
from menus.workflow import SAME
from store import applications, events, outbox, people
from store.applications import Application
from store.db import Transaction
from store.events import Event

ANSWER = 0
"""Outbox priority of what the citizen waits for, or what cannot wait."""
NOTICE = 1
"""Outbox priority of a status notice."""
URGENT = "urgent"
"""The class of texts that overtake a notice held for the night."""


SILENT = "none"
"""Kind of the row of an event that is the office's alone: every event has its row, so that a missing one is a fault."""


def announce(tx: Transaction, content: Content, event: Event, now: datetime) -> None:
    """Write the message row of an event, a muted and empty one where there is nothing to tell; safe to repeat."""
    case = applications.find(tx, event.reference)
    service = content.services.get(event.service)
    if case is not None and service is not None:
        case = wind(tx, content, case, event)
        key = text_key(content, service, case, event)
        person = people.find(tx, case.phone)
        language = person.language if person else case.language
        kind, text = _worded(content, service, case, event, key, language) if key else (SILENT, "")
        own = event.actor_kind == "citizen"
        leaves = Leave(muted=True) if kind == SILENT else leave(tx, content, case, person, key or kind, own, now)
        urgent = own or content.notices.texts.get(key or kind) == URGENT
        outbox.insert(tx, _row(case, event, language, kind, text, leaves, ANSWER if urgent else NOTICE), now)
    events.mark_relayed(tx, [event.id], now)


def announce_all(tx: Transaction, content: Content, reference: str, now: datetime) -> None:
    """Announce the events that this transaction made about one case."""
    for event in events.unrelayed_of(tx, reference):
        announce(tx, content, event, now)


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


def _row(
    case: Application, event: Event, language: str, kind: str, text: str, leaves: Leave, priority: int
) -> outbox.NewMessage:
    return outbox.NewMessage(
        phone=case.phone,
        language=language,
        kind=kind,
        text=text,
        parts=segments(text) if text else 0,
        priority=priority,
        reference=case.reference,
        event_id=event.id,
        muted=leaves.muted,
        not_before=leaves.not_before,
        held=leaves.held,
    )
