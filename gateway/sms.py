"""Africa's Talking's incoming SMS (contract §2.1): stored first, then answered.

Decides: field names, and that only a failed store is 5xx, because the provider repeats anything but 200 for hours.
Must not know: what a message means.
"""

import hashlib
import logging

from flask import Blueprint, Response, abort, request

from gateway.callbacks import TEXT, BadForm, read_form, secret_check
from gateway.providers import AFRICASTALKING
from gateway.runtime import Runtime
from handlers import inbox
from menus import phones
from store import inbound
from store.db import StoreUnavailable, Transaction

log = logging.getLogger(__name__)

MAX_TEXT = 1600
"""Ten parts: longer is no citizen's question."""
MAX_ID = 128


def sms_callbacks(runtime: Runtime) -> Blueprint:
    """POST /at/<secret>/sms."""
    blueprint = Blueprint("sms", __name__)
    is_known = secret_check(runtime.settings.callback_secrets)

    @blueprint.post("/at/<secret>/sms")
    def incoming(secret: str) -> Response:
        if not is_known(secret):
            abort(404)
        try:
            received(runtime)
        except BadForm as error:
            log.warning("an SMS that cannot be read is dropped: %s", error)
        except StoreUnavailable:
            log.warning("an SMS could not be stored; the provider repeats it")
            return Response("unavailable\n", 503, content_type=TEXT)
        return Response("OK\n", 200, content_type=TEXT)

    return blueprint


def received(runtime: Runtime) -> None:
    """Store the request's message, then answer it; BadForm, StoreUnavailable (nothing stored)."""
    form = read_form(request, ("from", "text"))
    sender = phones.from_wire(form["from"]) or form["from"][:40]
    text = form["text"][:MAX_TEXT]
    provider_id = form.get("id", "")[:MAX_ID] or _own_id(sender, text, form.get("date", ""))
    with runtime.db.transaction() as tx:
        number = inbound.record(tx, AFRICASTALKING, provider_id, sender, form.get("to", "")[:40], text, runtime.now())
    if number is not None:
        handle(runtime, number)


def handle(runtime: Runtime, number: int) -> None:
    """Answer one stored message; whatever goes wrong is counted and left to the sweep."""
    settings = runtime.settings
    ours = (settings.sms_number, settings.at_sender_id)

    def answer(tx: Transaction) -> None:
        inbox.handle(runtime.context(tx), number, settings.default_language, settings.ussd_code, ours)

    try:
        runtime.db.repeated(answer)
    except Exception:
        log.exception("the stored SMS %d is not answered yet", number)
        _count_failure(runtime, number)


def _count_failure(runtime: Runtime, number: int) -> None:
    try:
        with runtime.db.transaction() as tx:
            inbound.failed(tx, number)
    except StoreUnavailable:
        log.warning("the store is away: failed")


def _own_id(sender: str, text: str, date: str) -> str:
    """A message without an id still gets one of its own: the same sender, text and second is the same message."""
    return hashlib.sha256("\0".join((sender, text, date)).encode()).hexdigest()
