"""Africa's Talking's USSD wire: its form becomes a hop, its end-of-session event a row (contract §1).

Decides: field names, first bytes, status 200 always, whether `text` is the whole transcript or the last input alone.
Must not know: screens, sessions' memory, SQL.
"""

import logging
import re
import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, abort, request

from gateway import broken_hops, dialled, hops, last_input, loop
from gateway.callbacks import TEXT, BadForm, read_form, secret_check
from gateway.errands import TooSlow
from gateway.metrics import HOPS
from gateway.playing import Hop
from gateway.runtime import Runtime
from gateway.switchboard import Switchboard
from menus import phones
from store import ussd_sessions
from store.db import StoreUnavailable
from store.ussd_sessions import SessionEnd

log = logging.getLogger(__name__)

FIELDS = ("sessionId", "phoneNumber", "serviceCode", "text")
"""Without these a form is no hop."""
Form = Mapping[str, str] | BadForm
"""A request's fields, or why there are none."""
MAX_SESSION = 128


def ussd_callbacks(board: Switchboard) -> Blueprint:
    """POST /at/<secret>/ussd, for whatever gateway/door.py does not take, and /at/<secret>/ussd/ended."""
    blueprint = Blueprint("ussd", __name__)
    is_known = secret_check(board.runtime.settings.callback_secrets)

    @blueprint.post("/at/<secret>/ussd")
    def hop(secret: str) -> Response:
        if not is_known(secret):
            abort(404)
        try:
            form: Form = read_form(request, FIELDS)
        except BadForm as error:
            form = error
        return Response(loop.run(answered(board, form)), 200, content_type=TEXT)

    @blueprint.post("/at/<secret>/ussd/ended")
    def ended(secret: str) -> Response:
        if not is_known(secret):
            abort(404)
        _record_end(board)
        return Response("OK\n", 200, content_type=TEXT)

    return blueprint


async def answered(board: Switchboard, form: Form) -> str:
    """A body for any request at all: a fault of ours, too, must end in words (contract §1.3).

    The one way to the engine, from Flask and from the door alike.
    """
    begun = time.perf_counter()
    try:
        return await _answered(board, form)
    finally:
        HOPS.observe(time.perf_counter() - begun)


async def _answered(board: Switchboard, form: Form) -> str:
    hop = None
    try:
        if isinstance(form, BadForm):
            raise form
        hop = _read_hop(board.runtime, form)
        answer = last_input.answer if board.runtime.settings.ussd_text == "last" else hops.answer
        return await answer(board, hop)
    except BadForm as error:
        log.warning("a hop that cannot be read: %s", error)
    except Exception:
        log.exception("a hop failed")
        if hop is not None:
            await broken_hops.note(board, hop)
    return hops.fault(board.runtime, board.runtime.settings.default_language)


def _read_hop(runtime: Runtime, form: Mapping[str, str]) -> Hop:
    session, phone = form["sessionId"].strip(), phones.from_wire(form["phoneNumber"])
    if not session or len(session) > MAX_SESSION:
        raise BadForm("sessionId is empty or too long")
    if phone is None:
        raise BadForm("phoneNumber is not a phone number")
    if len(form["text"]) > last_input.MAX_TRANSCRIPT:
        raise BadForm("text is too long")
    if not _is_ours(form["serviceCode"], runtime.settings.ussd_code):
        log.warning("a hop on a code that is not USSD_CODE is served")
    return Hop(session, phone, form["serviceCode"], form["text"], form.get("networkCode") or None)


def _is_ours(code: str, ours: str) -> bool:
    """With and without the channel or the dialled tail: both forms occur (contract §1.1)."""
    return code == ours or code.startswith(ours.rstrip("#") + "*")


def _record_end(board: Switchboard) -> None:
    """Keep the provider's account of the session, which is told once: a repeat may not be asked for."""
    try:
        form = read_form(request, ("sessionId",))
        end, now = _end(form), board.runtime.now()
    except BadForm as error:
        log.warning("an end-of-session event that cannot be read: %s", error)
        return
    try:
        with board.runtime.db.transaction() as tx:
            ussd_sessions.record_end(tx, end, now)
    except StoreUnavailable:
        log.warning("an end-of-session event waits: the store is away")
        board.runtime.funnel.keep(end, now)
        return  # what the call leaves unfinished is the sweep's
    if end.status != "Success":  # it did not reach an END of ours
        _drop(board, end, form.get("input", "")[: last_input.MAX_TRANSCRIPT])


def _drop(board: Switchboard, end: SessionEnd, transcript: str) -> None:
    settings = board.runtime.settings
    is_whole = settings.ussd_text == "whole"
    inputs = dialled.inputs(end.service_code, transcript, settings.ussd_code) if is_whole else []
    try:
        loop.run(board.dropped.ended(end.session, end.phone, inputs))
    except (StoreUnavailable, TooSlow):
        log.warning("a dropped call is left to the sweep: the store is away")


def _end(fields: Mapping[str, str]) -> SessionEnd:
    return SessionEnd(
        session=fields["sessionId"][:MAX_SESSION],
        phone=phones.from_wire(fields.get("phoneNumber", "")) or "",
        service_code=fields.get("serviceCode", "")[:40],
        network=fields.get("networkCode", "")[:20] or None,
        status=fields.get("status", "")[:20],
        duration_ms=_whole(fields.get("durationInMillis", "")),
        hops=_whole(fields.get("hopsCount", "")),
        cost=_cost(fields.get("cost", "")),
    )


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _cost(text: str) -> str | None:
    """`0.1` and `KES 0.10` both occur (contract §1.6); anything else is dropped."""
    found = re.fullmatch(r"(?:[A-Z]{3} )?([0-9.]{1,12})", text.strip())
    try:
        return text.strip() if found and Decimal(found[1]) >= 0 else None
    except InvalidOperation:
        return None
