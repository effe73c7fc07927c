"""One event becomes one message to the citizen, whoever caused it.

Decides: which text announces a change, and to whom. Must not know: providers, queues, who called.
"""

from datetime import datetime

from handlers.calendar import due_at
from handlers.wording import case_words, sms
from menus.content import Content, Service
from menus.gsm import segments
from menus.workflow import SAME
from store import applications, events, outbox, people
from store.applications import Application
from store.db import Transaction
from store.events import Event

NOTICE = 1
"""Outbox priority of a status notice; an answer to the citizen's own message is 0."""


SILENT = "none"
"""Kind of the row of an event that is the office's alone: every event has its row, so that a missing one is a fault."""


def announce(tx: Transaction, content: Content, event: Event, now: datetime) -> None:
    """Write the message row of an event, a muted and empty one where there is nothing to tell; safe to repeat."""
    case = applications.find(tx, event.reference)
    service = content.services.get(event.service)
    if case is not None and service is not None:
        case = _with_due(tx, content, service, case, event, now)
        key = text_key(content, service, case, event)
        person = people.find(tx, case.phone)
        language = person.language if person else case.language
        kind, text = _worded(content, service, case, event, key, language) if key else (SILENT, "")
        muted = kind == SILENT or bool(person and person.stopped_at)
        outbox.insert(tx, _row(case, event, language, kind, text, muted), now)
    events.mark_relayed(tx, [event.id], now)


def announce_all(tx: Transaction, content: Content, reference: str, now: datetime) -> None:
    """Announce the events that this transaction made about one case."""
    for event in events.unrelayed_of(tx, reference):
        announce(tx, content, event, now)


def text_key(content: Content, service: Service, case: Application, event: Event) -> str | None:
    """The SMS text of an event: the move's own, else the state's; None for a step that concerns the office alone."""
    if event.from_state is None:
        if service.urgent and service.is_urgent(case.answers):
            return service.urgent.text
        return _state_text(content, service, event.to_state)
    move = service.workflow.find(event.from_state, event.action or "", case.answers)
    if move and move.text:
        return move.text
    if event.from_state == event.to_state and (move is None or move.to == SAME or move.gather):
        return None
    return _state_text(content, service, event.to_state)


def _state_text(content: Content, service: Service, state: str) -> str | None:
    if state not in service.workflow.states:
        return "generic"
    return service.use(state).text or content.states[state].text


def _with_due(
    tx: Transaction, content: Content, service: Service, case: Application, event: Event, now: datetime
) -> Application:
    """The case with its due date, which a plain SQL writer does not set."""
    if event.actor_kind != "database" or case.version != event.version or case.state not in service.workflow.states:
        return case
    due = due_at(content, service, case.state, case.answers, case.created_at, now)
    if due == case.due_at:
        return case
    applications.set_due(tx, case.reference, case.version, due)
    return applications.find(tx, case.reference) or case


def _worded(
    content: Content, service: Service, case: Application, event: Event, key: str, language: str
) -> tuple[str, str]:
    """(text key used, text) of a notice."""
    words = case_words(content, service, case, language)
    words["state"] = content.state_label(event.to_state, language)
    return sms(content, key, language, words)


def _row(case: Application, event: Event, language: str, kind: str, text: str, muted: bool) -> outbox.NewMessage:
    return outbox.NewMessage(
        phone=case.phone,
        language=language,
        kind=kind,
        text=text,
        parts=segments(text) if text else 0,
        priority=NOTICE,
        reference=case.reference,
        event_id=event.id,
        muted=muted,
    )
