"""Kannel's calls to us: an incoming SMS, and what became of one of ours. GET, with the text in the query.

Decides: field names, charsets, and which report is the end of a message. Whatever makes no sense is answered 200, or
Kannel repeats it; only what could not be stored is 503. Must not know: what a message means, nor how states step.
The addresses to set in Kannel stand in docs/kannel.md.
"""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, abort, request

from gateway import sms
from gateway.callbacks import TEXT, BadForm, secret_check
from gateway.providers import KANNEL
from gateway.runtime import Runtime
from menus import phones
from store import delivery_reports, inbound
from store.db import Database, StoreUnavailable

log = logging.getLogger(__name__)

Final = Literal["delivered", "undelivered"]

STATUSES: dict[str, tuple[str, Final | None]] = {
    "1": ("delivered", "delivered"),
    "2": ("failed", "undelivered"),
    "4": ("buffered", None),
    "8": ("accepted", None),
    "16": ("rejected", "undelivered"),
}
"""By `%d` (Kannel user guide, "Delivery Reports")."""
MAX_QUERY = 8 * 1024
MAX_TEXT = 1600
LONGEST = 200
CHARSETS = {"UTF-16BE": "utf-16-be", "UTF-8": "utf-8", "ISO-8859-1": "latin-1", "WINDOWS-1252": "cp1252"}

Fields = Mapping[str, bytes]


def kannel_callbacks(runtime: Runtime) -> Blueprint:
    """GET /kannel/<secret>/sms and /kannel/<secret>/delivery."""
    blueprint = Blueprint("kannel", __name__)
    is_known = secret_check(runtime.settings.callback_secrets)

    @blueprint.get("/kannel/<secret>/sms")
    def incoming(secret: str) -> Response:
        return _answered(is_known(secret), lambda fields: _received(runtime, fields))

    @blueprint.get("/kannel/<secret>/delivery")
    def delivery(secret: str) -> Response:
        return _answered(is_known(secret), lambda fields: _report(runtime.db, fields, runtime.now()))

    return blueprint


def _answered(known: bool, store: Callable[[Fields], None]) -> Response:
    """An empty 200: Kannel would send any text back to the citizen."""
    if not known:
        abort(404)
    try:
        store(_fields(request.query_string))
    except BadForm as error:
        log.warning("%s: a call that cannot be used: %s", request.endpoint, error)
    except StoreUnavailable:
        log.warning("%s: the store is away; Kannel will repeat", request.endpoint)
        return Response("", 503, content_type=TEXT)
    return Response("", 200, content_type=TEXT)


def _received(runtime: Runtime, fields: Fields) -> None:
    """Store the message, then answer it; BadForm, StoreUnavailable (nothing stored)."""
    provider_id, raw = _word(fields, "id"), _word(fields, "from")
    if not provider_id or not raw:
        raise BadForm("no id" if not provider_id else "no sender")
    sender, text = phones.from_wire(raw) or raw[:40], _text(fields)[:MAX_TEXT]
    with runtime.db.transaction() as tx:
        number = inbound.record(tx, KANNEL, provider_id, sender, _word(fields, "to")[:40], text, runtime.now())
    if number is not None:
        sms.handle(runtime, number)


def _report(db: Database, fields: Fields, now: datetime) -> None:
    provider_id, code = _word(fields, "id"), _word(fields, "status")
    if not provider_id or not code:
        raise BadForm("no id" if not provider_id else "no status")
    status, final = STATUSES.get(code, (code, None))
    if code not in STATUSES:
        log.warning("kannel: unknown status %r", code)
    phone = phones.from_wire(_word(fields, "phone"))
    with db.transaction() as tx:
        delivery_reports.record(tx, KANNEL, provider_id, status, reason(_word(fields, "answer")), final, now, phone)


def reason(answer: str) -> str | None:
    """Why a message was not delivered, from `%A`: the fields of an SMPP receipt, or the centre's word as it is."""
    receipt = dict(re.findall(r"\b(stat|err):(\w+)", answer))
    if receipt:
        return " ".join(receipt[name] for name in ("stat", "err") if name in receipt)
    return re.sub(r"[\d+]{7,}", "…", answer) or None


def _text(fields: Fields) -> str:
    """The text, by `%C`; bytes that the charset does not know become marks, for the message must not be lost."""
    charset = CHARSETS.get(_word(fields, "charset").upper(), "utf-16-be" if _word(fields, "coding") == "2" else "utf-8")
    return fields.get("text", b"").decode(charset, "replace").replace("\0", "")


def _word(fields: Fields, name: str) -> str:
    return fields.get(name, b"").decode("utf-8", "replace").replace("\0", "").strip()[:LONGEST]


def _fields(query: bytes) -> Fields:
    """The query as bytes: a text in UTF-16 is no text to whoever takes it for UTF-8."""
    if len(query) > MAX_QUERY:
        raise BadForm("query is too large")
    pairs = [part.partition(b"=") for part in query.split(b"&") if part]
    fields = {name.decode("ascii", "replace"): unquote_to_bytes(value.replace(b"+", b" ")) for name, _, value in pairs}
    if len(fields) < len(pairs):
        raise BadForm("a field is there twice")
    return fields
