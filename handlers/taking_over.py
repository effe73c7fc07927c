"""Old applications of another system enter the store without a word to the citizens.

Decides: which rows are good, and that nobody is texted of what they have known for long. Must not know: files, SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers import personal, winding
from handlers.context import Context
from handlers.notify import SILENT
from menus import phones
from menus.content import Content, Service
from store import events, outbox, taken_over
from store.events import Event
from store.outbox import NewMessage
from store.taken_over import OldCase

COLUMNS = ("service", "state", "phone", "place", "language", "answers", "details", "channel", "directorate",
           "submission", "created_at")  # fmt: skip
CHANNEL = "import"
NOTICE = 1
_LANGUAGES = ("ar", "en")


def read(content: Content, raw: Mapping[str, Any], key: str) -> tuple[OldCase | None, list[str]]:
    """(the case, its faults): one of the two. `key` stands for a submission key that the row does not have."""
    row = {name: value for name, value in raw.items() if value not in (None, "")}
    faults = [f"there is no column {name}" for name in sorted(set(row) - set(COLUMNS))]
    service = content.services.get(str(row.get("service")))
    if service is None:
        return None, [*faults, f"service must be one of: {', '.join(sorted(content.services))}"]
    phone, created = phones.from_wire(str(row.get("phone", ""))), _moment(content, row.get("created_at"))
    state, language = str(row.get("state", service.workflow.start)), str(row.get("language", "ar"))
    faults += _faults(content, service, row, state, language)
    faults += [] if phone else ["phone is not a phone number"]
    faults += [] if "created_at" not in row or created else ["created_at must be a date or time, ISO 8601"]
    if faults or phone is None:
        return None, faults
    place, directorate = row.get("place"), row.get("directorate")
    return (
        OldCase(
            service=service.id,
            state=state,
            phone=phone,
            place=place,
            language=language,
            answers=dict(row.get("answers", {})),
            details=dict(row.get("details", {})),
            channel=str(row.get("channel", CHANNEL)),
            directorate=directorate or service.routing.of(place),
            submission=str(row.get("submission", key)),
            created_at=created,
        ),
        [],
    )


def _faults(content: Content, service: Service, row: Mapping[str, Any], state: str, language: str) -> list[str]:
    known = service.workflow.states
    found = [] if state in known else [f"state must be one of: {', '.join(known)}"]
    found += [] if language in _LANGUAGES else ["language must be ar or en"]
    if "place" in row and content.place_name(row["place"], "en") == row["place"]:
        found.append("place must be the code of a district or sub-district")
    if row.get("directorate", service.routing.default) not in content.directorates:
        found.append("there is no such directorate")
    return found + [f"{name} must be a JSON object" for name in ("answers", "details") if not _object(row, name)]


def _object(row: Mapping[str, Any], name: str) -> bool:
    return isinstance(row.get(name, {}), dict)


def _moment(content: Content, said: Any) -> datetime | None:
    """A day or a time; without a zone it is the governorate's."""
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(content.calendar.timezone))).astimezone(UTC)


def put(context: Context, cases: Sequence[OldCase], actor: str) -> int:
    """How many of the cases are new. Each has its first event and a muted, empty message row; its clocks begin now."""
    sealed = [_sealed(context, case) for case in cases]
    references = taken_over.put(context.tx, sealed, actor, context.now)
    fresh = [event for history in events.histories(context.tx, references).values() for event in history]
    known = winding.wind_after(context.tx, context.content, winding.today(context.tx, context.content), fresh)
    outbox.insert_all(context.tx, [_silent(event, known[event.reference].phone) for event in fresh], context.now)
    events.mark_relayed(context.tx, [event.id for event in fresh], context.now)
    return len(references)


def _sealed(context: Context, case: OldCase) -> OldCase:
    service = context.content.services[case.service]
    return replace(case, answers=personal.sealed(context.content, context.seals, service, case.answers))


def _silent(event: Event, phone: str) -> NewMessage:
    return NewMessage(
        phone=phone,
        language="ar",
        kind=SILENT,
        text="",
        parts=0,
        priority=NOTICE,
        reference=event.reference,
        event_id=event.id,
        muted=True,
    )
