"""A citizen's PIN: kept as a keyed hash, tried five times, then locked for a day (services-domain §5.1).

Decides: whether a PIN is right, and what another phone learns by it. Must not know: screens. A wrong PIN, a locked one,
a phone without one and a request that does not exist are the same work and the same answer to another phone.
"""

import hmac
import logging
from datetime import timedelta
from typing import Any, Literal

from handlers.context import Context
from handlers.wording import day
from menus.phones import mask
from store import glances, idempotency, pins, quarantine

log = logging.getLogger(__name__)

TRIES = 5
LOCKED = timedelta(days=1)
GUESSES = 5
"""Wrong guesses from one phone at other people's requests in a day."""
FIELD = "pin"
NOBODY = ""
Verdict = Literal["right", "wrong", "locked"]


def check(context: Context, phone: str, key: str, pin: str) -> dict[str, Any]:
    """{"verdict"}: right, wrong, or locked; the same hop again, by its `key`, is no further try."""
    return _once(context, key, lambda: {"verdict": _verdict(context, phone, pin)})


def change(context: Context, phone: str, key: str, pin: str) -> dict[str, Any]:
    """Keep a new PIN; {}."""

    def keep() -> dict[str, Any]:
        pins.keep(context.tx, phone, context.seals.lookup(FIELD, _bound(phone, pin)), context.now)
        return {}

    return _once(context, key, keep)


def remove(context: Context, phone: str, key: str, pin: str) -> dict[str, Any]:
    """Forget the PIN, if this is it; {"verdict"}."""

    def forget() -> dict[str, Any]:
        verdict = _verdict(context, phone, pin)
        if verdict == "right":
            pins.forget(context.tx, phone, context.now)
        return {"verdict": verdict}

    return _once(context, key, forget)


def status(context: Context, phone: str, key: str, reference: str, pin: str) -> dict[str, Any]:
    """{"reference", "state", "due", "directorate"} of anybody's case whose owner's PIN this is, else {}."""
    return _once(context, key, lambda: _status(context, phone, reference, pin))


def is_kept(context: Context, phone: str) -> bool:
    """Whether a phone has a PIN."""
    return pins.find(context.tx, phone) is not None


def is_own(context: Context, phone: str, text: str) -> bool:
    """Whether a text is this phone's PIN; no try is counted."""
    found = pins.find(context.tx, phone)
    return found is not None and _matches(context, phone, text, found.pin_hash)


def _once(context: Context, key: str, act: Any) -> dict[str, Any]:
    name = f"{FIELD}:{key}"  # a name of its own: what a session did on cases is looked up by the bare key
    remembered = idempotency.recall(context.tx, name)
    if remembered is not None:
        return remembered.result
    result: dict[str, Any] = act()
    idempotency.remember(context.tx, name, FIELD, result, context.now)
    return result


def _status(context: Context, phone: str, reference: str, pin: str) -> dict[str, Any]:
    glance = glances.look(context.tx, reference)
    missed = pins.missed(context.tx, phone, context.now - LOCKED)
    verdict = _verdict(context, glance.phone or NOBODY, pin)
    if glance.state is not None and verdict == "right" and missed < GUESSES:
        due = day(glance.due_at, context.content)
        return {"reference": glance.reference, "state": glance.state, "due": due, "directorate": glance.directorate}
    pins.miss(context.tx, phone, context.now)
    if missed + 1 == GUESSES:
        log.warning("alert: %s guesses PINs of requests that are not its own", mask(phone))
        quarantine.put(context.tx, phone, "references", context.now + LOCKED, context.now)
    return {}


def _verdict(context: Context, phone: str, pin: str) -> Verdict:
    """One try: a right one forgets the wrong ones, the last wrong one locks."""
    found = pins.lock(context.tx, phone)
    right = _matches(context, phone, pin, found.pin_hash if found else None)
    if found and found.pin_locked_until and found.pin_locked_until > context.now:
        pins.wrong(context.tx, phone, found.pin_tries, found.pin_locked_until)
        return "locked"
    if right:
        pins.right(context.tx, phone, context.seals.lookup(FIELD, _bound(phone, pin)))
        return "right"
    tries = found.pin_tries + 1 if found else 0
    until = context.now + LOCKED if tries >= TRIES else None
    pins.wrong(context.tx, phone, 0 if until else tries, until)
    return "locked" if until else "wrong"


def _matches(context: Context, phone: str, pin: str, kept: str | None) -> bool:
    hashes = context.seals.lookups(FIELD, _bound(phone, pin))
    return any(hmac.compare_digest(each, kept or "") for each in hashes)


def _bound(phone: str, pin: str) -> str:
    """The same PIN on two phones has two hashes."""
    return f"{phone} {pin}"
