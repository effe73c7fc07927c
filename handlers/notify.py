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


def announce(tx: Transaction, content: Content, event: Event, now: datetime) -> None:
    """Write the message row of an event, or mark the event as one that needs none; safe to repeat."""
    case = applications.find(tx, event.reference)
    service = content.services.get(event.service)
    if case is not None and service is not None:
        case = _with_due(tx, content, service, case, event, now)
        key = text_key(content, service, case, event)
        if key:
            _write(tx, content, service, case, event, key, now)
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


def _write(
    tx: Transaction, content: Content, service: Service, case: Application, event: Event, key: str, now: datetime
) -> None:
    person = people.find(tx, case.phone)
    language = person.language if person else case.language
    words = case_words(content, service, case, language)
    words["state"] = content.state_label(event.to_state, language)
    kind, text = sms(content, key, language, words)
    message = outbox.NewMessage(
        phone=case.phone,
        language=language,
        kind=kind,
        text=text,
        parts=segments(text),
        priority=NOTICE,
        reference=case.reference,
        event_id=event.id,
        muted=bool(person and person.stopped_at),
    )
    outbox.insert(tx, message, now)
