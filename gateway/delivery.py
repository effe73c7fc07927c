"""Africa's Talking's reports on what became of our messages, and its bulk opt-outs.

Decides which status is the end of a message; it must not know how states step (the store) nor who checks the secret.
Anything that makes no sense is answered 200 and logged without a phone: the provider repeats whatever else, every
minute for hours. Only what could not be stored is 503.
"""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, abort, request

from gateway.providers import AFRICASTALKING
from store import delivery_reports, people
from store.db import Database, StoreUnavailable

log = logging.getLogger(__name__)

Final = Literal["delivered", "undelivered"]

FINAL: dict[str, Final] = {
    "success": "delivered",
    "failed": "undelivered",
    "rejected": "undelivered",
    "expired": "undelivered",
}
ON_ITS_WAY = frozenset({"sent", "submitted", "buffered", "absentsubscriber"})
LONGEST = 200


def delivery_callbacks(db: Database, check_secret: Callable[[str], bool], now: Callable[[], datetime]) -> Blueprint:
    """POST /at/<secret>/delivery and /at/<secret>/optout."""
    blueprint = Blueprint("delivery", __name__)

    @blueprint.post("/at/<secret>/delivery")
    def delivery(secret: str) -> Response:
        return _answered(check_secret(secret), lambda: _report(db, now()))

    @blueprint.post("/at/<secret>/optout")
    def optout(secret: str) -> Response:
        return _answered(check_secret(secret), lambda: _opt_out(db, now()))

    return blueprint


def _answered(known: bool, store: Callable[[], None]) -> Response:
    if not known:
        abort(404)
    try:
        store()
    except StoreUnavailable:
        log.warning("delivery: the store is away; the provider will repeat")
        return Response("unavailable\n", 503, content_type="text/plain; charset=utf-8")
    return Response("OK\n", 200, content_type="text/plain; charset=utf-8")


def _report(db: Database, now: datetime) -> None:
    provider_id, status, reason = _field("id"), _field("status"), _field("failureReason")
    if not provider_id or not status:
        log.warning("delivery: a report without %s", "id" if not provider_id else "status")
        return
    if status.casefold() not in FINAL.keys() | ON_ITS_WAY:
        log.warning("delivery: unknown status %r", status)
    with db.transaction() as tx:
        delivery_reports.record(
            tx, AFRICASTALKING, provider_id, status, reason or None, FINAL.get(status.casefold()), now
        )


def _opt_out(db: Database, now: datetime) -> None:
    digits = re.sub(r"[^0-9]", "", _field("phoneNumber"))
    if not re.fullmatch(r"[1-9][0-9]{6,14}", digits):
        log.warning("opt-out: no phone number in the form")
        return
    with db.transaction() as tx:
        people.stop(tx, f"+{digits}", now)


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").strip()[:LONGEST]
