"""Africa's Talking's reports on what became of our messages, and its bulk opt-outs.

Decides which status is the end of a message; it must not know how states step (the store) nor who checks the secret.
Anything that makes no sense is answered 200 and logged without a phone: the provider repeats whatever else, every
minute for hours. Only what could not be stored is 503.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, abort, request

from gateway.callbacks import TEXT, BadForm, read_form
from gateway.providers import AFRICASTALKING
from menus import phones
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
        return _answered(check_secret(secret), lambda form: _report(db, form, now()))

    @blueprint.post("/at/<secret>/optout")
    def optout(secret: str) -> Response:
        return _answered(check_secret(secret), lambda form: _opt_out(db, form, now()))

    return blueprint


def _answered(known: bool, store: Callable[[Mapping[str, str]], None]) -> Response:
    if not known:
        abort(404)
    try:
        store(read_form(request, ()))
    except BadForm as error:
        log.warning("%s: a form that cannot be used: %s", request.endpoint, error)
    except StoreUnavailable:
        log.warning("%s: the store is away; the provider will repeat", request.endpoint)
        return Response("unavailable\n", 503, content_type=TEXT)
    return Response("OK\n", 200, content_type=TEXT)


def _report(db: Database, form: Mapping[str, str], now: datetime) -> None:
    provider_id, status, reason = (_field(form, name) for name in ("id", "status", "failureReason"))
    if not provider_id or not status:
        raise BadForm("no id" if not provider_id else "no status")
    if status.casefold() not in FINAL.keys() | ON_ITS_WAY:
        log.warning("delivery: unknown status %r", status)
    phone = phones.from_wire(form.get("phoneNumber", ""))
    with db.transaction() as tx:
        final = FINAL.get(status.casefold())
        delivery_reports.record(tx, AFRICASTALKING, provider_id, status, reason or None, final, now, phone)


def _opt_out(db: Database, form: Mapping[str, str], now: datetime) -> None:
    phone = phones.from_wire(form.get("phoneNumber", ""))
    if phone is None:
        raise BadForm("phoneNumber is not a phone number")
    with db.transaction() as tx:
        people.stop(tx, phone, now, by="provider")


def _field(form: Mapping[str, str], name: str) -> str:
    return form.get(name, "").strip()[:LONGEST]
