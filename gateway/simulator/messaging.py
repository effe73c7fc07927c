"""The provider's SMS API, `/version1/messaging`: credentials, statuses, content types and bodies (contract §3).

It decides the HTTP answer; it must not know how a message is taken (`acceptance`).
"""

import hmac
import json
import socket
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request

from gateway.simulator.acceptance import Desk, Outcome
from gateway.simulator.mailboxes import Mailboxes
from gateway.simulator.switches import SwitchBoard
from gateway.simulator.timers import Timers

TEXT = "text/plain; charset=UTF-8"
PAGE = 100
DATE = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Account:
    """The one account that this peer knows."""

    username: str
    api_key: str = field(repr=False)


def messaging(account: Account, desk: Desk, mailboxes: Mailboxes, board: SwitchBoard, timers: Timers) -> Blueprint:
    """The API's routes for `account`."""
    blueprint = Blueprint("messaging", __name__, url_prefix="/version1")

    @blueprint.before_request
    def credentials() -> Response | None:
        username = request.form.get("username") or request.args.get("username", "")
        good = _same(username, account.username) and _same(request.headers.get("apiKey", ""), account.api_key)
        if good and not board.now.unauthorised:
            return None
        response = Response("The supplied authentication is invalid", 401, content_type=TEXT)
        response.headers["WWW-Authenticate"] = "Basic"
        return response

    @blueprint.post("/messaging")
    def send() -> Response:
        if board.now.refuse_status:
            return Response("The request could not be processed", board.now.refuse_status, content_type=TEXT)
        missing = [name for name in ("to", "message") if not request.form.get(name)]
        if missing:
            text = f"The request content was malformed: {', '.join(missing)} missing"
            return Response(text, 400, content_type=TEXT)
        premium = request.form.get("bulkSMSMode") == "0"
        outcome = desk.take(request.form["to"], request.form["message"], request.form.get("from", ""), premium)
        _trouble(board, timers)
        return _answer(as_json(outcome), as_xml(outcome), board.now.accepted_status)

    @blueprint.get("/messaging")
    def fetch() -> Response:
        last = request.args.get("lastReceivedId", 0, int)
        newer = sorted((m for m in mailboxes.sent() if m.number > last), key=lambda m: m.number)[:PAGE]
        fields = [
            {"id": m.number, "from": m.phone, "to": m.to, "text": m.text, "date": m.at.strftime(DATE), "linkId": ""}
            for m in newer
        ]
        return _answer(json.dumps({"SMSMessageData": {"Messages": fields}}, ensure_ascii=False), "", 200)

    def _answer(json_body: str, xml_body: str, status: int) -> Response:
        if xml_body and board.now.xml_without_accept and "application/json" not in request.headers.get("Accept", ""):
            return Response(xml_body, status, content_type="application/xml; charset=UTF-8")
        kind = "application/json; charset=utf-8" if board.now.json_charset else "application/json"
        return Response(json_body, status, content_type=kind)

    return blueprint


def as_json(outcome: Outcome) -> str:
    """`outcome` as the provider's JSON, fields in its order."""
    recipients = [
        {"cost": r.cost, "messageId": r.message_id, "number": r.number, "status": r.status, "statusCode": r.code}
        for r in outcome.recipients
    ]
    return json.dumps({"SMSMessageData": {"Message": outcome.message, "Recipients": recipients}}, ensure_ascii=False)


def as_xml(outcome: Outcome) -> str:
    """`outcome` as the XML that a request without Accept gets."""
    recipients = "".join(
        f"<Recipient><number>{escape(r.number)}</number><cost>{r.cost}</cost><status>{r.status}</status>"
        f"<statusCode>{r.code}</statusCode><messageId>{r.message_id}</messageId></Recipient>"
        for r in outcome.recipients
    )
    data = f"<Message>{escape(outcome.message)}</Message><Recipients>{recipients}</Recipients>"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<AfricasTalkingResponse><SMSMessageData>{data}</SMSMessageData></AfricasTalkingResponse>"


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _trouble(board: SwitchBoard, timers: Timers) -> None:
    """After accepting: drop the connection, or stay silent; the sender cannot know that we took the message."""
    if board.now.response == "lost":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    elif board.now.response == "stalled":
        timers.closing.wait(board.now.stall_seconds)
