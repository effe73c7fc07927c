"""One text for many: who may propose, approve and stop it, what it would cost, and how far it is.

Decides: the rules of a broadcast (services-domain §2.5: opt-in; a second officer approves). Must not know: HTTP,
providers, when its messages are fed to the outbox (handlers/feeding.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from handlers.audiences import GOVERNORATE, Meant, audience_of, faults_of
from handlers.context import Context, Refused
from menus.gsm import segments
from menus.localized import LANGUAGES
from store import audience, broadcasts
from store.broadcasts import Broadcast
from store.officers import Officer

AUTHOR = "BROADCASTER"
APPROVER = "DIRECTOR"
MOST_SEGMENTS = 3
LONGEST_TITLE = 80
FASTEST = 6000
"""Parts a minute."""

NEXT: Mapping[str, Mapping[str, str]] = {
    "proposed": {"approve": "running", "cancel": "cancelled"},
    "running": {"pause": "paused", "cancel": "cancelled"},
    "paused": {"resume": "running", "cancel": "cancelled"},
}
"""State -> action -> next state."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an officer asks for; `not_before` None: as soon as it is approved."""

    title: str
    meant: Meant
    texts: Mapping[str, str]
    parts_per_minute: int
    urgent: bool = False
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, by language: phones, segments of one message, parts in all; the cost if a price is known."""

    phones: Mapping[str, int]
    segments: Mapping[str, int]
    parts: Mapping[str, int]
    cost: Mapping[str, float] | None
    currency: str | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A broadcast and how far it is: (phones, parts) by state of the message, `waiting` and `skipped`."""

    broadcast: Broadcast
    progress: Mapping[str, tuple[int, int]]
    actions: Sequence[str]


def preview(context: Context, officer: Officer, asked: Proposal) -> Preview | Refused:
    """Phones, segments, parts and cost in both languages; nothing is kept."""
    if refused := _refused(context, officer, asked):
        return refused
    phones = audience.count(context.tx, audience_of(context.content, officer.directorate, asked.meant))
    sizes: dict[str, int] = {language: segments(asked.texts[language]) for language in LANGUAGES}
    parts = {language: phones.get(language, 0) * size for language, size in sizes.items()}
    price = broadcasts.price(context.tx)
    return Preview(
        phones={language: phones.get(language, 0) for language in sizes},
        segments=sizes,
        parts=parts,
        cost={language: round(count * price[1], 2) for language, count in parts.items()} if price else None,
        currency=price[0] if price else None,
        minutes=-(-sum(parts.values()) // asked.parts_per_minute),
    )


def propose(context: Context, officer: Officer, asked: Proposal) -> Broadcast | Refused:
    """Keep a proposal; it cannot be changed, so what is approved is what was read."""
    if refused := _refused(context, officer, asked):
        return refused
    new = broadcasts.NewBroadcast(
        title=asked.title,
        audience=asdict(asked.meant),
        texts=asked.texts,
        urgent=asked.urgent,
        parts_per_minute=asked.parts_per_minute,
        directorate=officer.directorate,
        author=officer.name,
        not_before=asked.not_before,
    )
    return broadcasts.add(context.tx, new, context.now)


def listed(context: Context, officer: Officer) -> list[Broadcast]:
    """The broadcasts that are the officer's to see, newest first."""
    return broadcasts.newest(context.tx, None if officer.directorate == GOVERNORATE else officer.directorate)


def opened(context: Context, officer: Officer, number: int) -> Opened | None:
    """One broadcast, or None when it is not this officer's to see."""
    found = broadcasts.find(context.tx, number)
    if found is None or not _sees(officer, found):
        return None
    allowed = [action for action in NEXT.get(found.state, {}) if not _barred(officer, found, action)]
    return Opened(found, broadcasts.progress(context.tx, number), allowed)


def act(context: Context, officer: Officer, number: int, action: str) -> Broadcast | Refused:
    """Approve, pause, resume or cancel; what is queued already is sent, what is not stops with the pause."""
    found = broadcasts.lock(context.tx, number)
    if found is None or not _sees(officer, found):
        return Refused("not_found", "There is no such broadcast in your directorate.")
    known = NEXT.get(found.state, {})
    if action not in known:
        return Refused("illegal_move", f"A {found.state} broadcast can: {', '.join(known) or 'nothing'}.")
    if barred := _barred(officer, found, action):
        return barred
    return change(context, found, action, officer.name)


def change(context: Context, found: Broadcast, action: str, by: str) -> Broadcast:
    """Make a step that is allowed, of a locked broadcast."""
    approver = by if action == "approve" else None
    if approver:
        meant = Meant(**found.audience)
        audience.enlist(context.tx, found.id, audience_of(context.content, found.directorate, meant))
    state = NEXT[found.state][action]
    return broadcasts.step(context.tx, found.id, state, action, by, context.now, approver=approver)


def _sees(officer: Officer, found: Broadcast) -> bool:
    return officer.directorate in (found.directorate, GOVERNORATE)


def _barred(officer: Officer, found: Broadcast, action: str) -> Refused | None:
    if action == "approve":
        if APPROVER not in officer.roles:
            return Refused("forbidden", f"approve is for {APPROVER}.")
        if officer.name == found.author:
            return Refused("own_case", "A broadcast is approved by someone other than its author.")
    elif not {AUTHOR, APPROVER} & set(officer.roles):
        return Refused("forbidden", f"{action} is for {AUTHOR}, {APPROVER}.")
    return None


def _refused(context: Context, officer: Officer, asked: Proposal) -> Refused | None:
    if AUTHOR not in officer.roles:
        return Refused("forbidden", f"Broadcasts are written by {AUTHOR}.")
    faults = [*_faults(asked), *faults_of(context.content, officer.directorate, asked.meant)]
    return Refused("invalid_params", "The broadcast has faults; see fields.", tuple(faults)) if faults else None


def _faults(asked: Proposal) -> list[tuple[str, str]]:
    found: list[tuple[str, Any]] = []
    if not asked.title.strip().isprintable() or not 1 <= len(asked.title.strip()) <= LONGEST_TITLE:
        found.append(("title", f"must be one line of at most {LONGEST_TITLE} characters"))
    if not 1 <= asked.parts_per_minute <= FASTEST:
        found.append(("parts_per_minute", f"must be from 1 to {FASTEST}"))
    for language in LANGUAGES:
        text = asked.texts.get(language, "")
        if not text.strip() or not text.replace("\n", "").isprintable():
            found.append((f"texts.{language}", "is required, without control characters"))
        elif segments(text) > MOST_SEGMENTS:
            found.append((f"texts.{language}", f"takes {segments(text)} segments; at most {MOST_SEGMENTS}"))
    return found
