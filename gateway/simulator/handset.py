"""The handsets' control API, JSON: what a person, a page or a test does with a simulated phone.

It decides shapes and statuses; what the network does is `ussd`'s and `incoming`'s.
"""

from dataclasses import asdict
from typing import Annotated

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from gateway.simulator.incoming import IncomingSms
from gateway.simulator.mailboxes import Mailboxes
from gateway.simulator.screens import Screen
from gateway.simulator.sessions import Session, transcript
from gateway.simulator.switches import SwitchBoard, SwitchError
from gateway.simulator.ussd import SessionOverError, UssdNetwork
from gateway.simulator.wire import SANDBOX_NETWORK

Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}\z")]
Network = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,6}\z")]
Text = Annotated[str, StringConstraints(max_length=2000)]
Reply = Response | tuple[Response, int]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Dial(_Body):
    """Dial a code; `network` is an AT network code."""

    phone: Phone
    code: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{2,60}\z")]
    network: Network = SANDBOX_NETWORK


class Entry(_Body):
    """Send an input into a session."""

    session: str
    input: Text


class HangUp(_Body):
    """Hang up; with `input`, just after sending it."""

    session: str
    input: Text | None = None


class Texting(_Body):
    """Send an SMS."""

    phone: Phone
    to: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    text: Text
    network: Network = SANDBOX_NETWORK


class Owner(_Body):
    """A handset."""

    phone: Phone


class OptOut(_Body):
    """Opt out of a sender's bulk messages."""

    phone: Phone
    sender: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class UnknownSessionError(Exception):
    """No session of that id is kept."""


def handset(network: UssdNetwork, sms: IncomingSms, mailboxes: Mailboxes, board: SwitchBoard) -> Blueprint:
    """The control routes under `/handset`, and `/switches`."""
    blueprint = Blueprint("handset", __name__)

    @blueprint.post("/handset/dial")
    def dial() -> Reply:
        body = Dial.model_validate_json(request.data)
        session_id, screen = network.dial(body.phone, body.code, body.network)
        return jsonify(_shown(session_id, screen))

    @blueprint.post("/handset/reply")
    def reply() -> Reply:
        body = Entry.model_validate_json(request.data)
        session = _session(body.session)
        return jsonify(_shown(body.session, network.reply(session, body.input)))

    @blueprint.post("/handset/hangup")
    def hang_up() -> Reply:
        body = HangUp.model_validate_json(request.data)
        session = _session(body.session)
        network.hang_up(session, body.input)
        return jsonify({"session": body.session, "status": session.status})

    @blueprint.post("/handset/text")
    def text() -> Reply:
        body = Texting.model_validate_json(request.data)
        return jsonify({"id": sms.send(body.phone, body.to, body.text, body.network).id})

    @blueprint.post("/handset/read")
    def read() -> Reply:
        mailboxes.mark_read(Owner.model_validate_json(request.data).phone)
        return jsonify({})

    @blueprint.post("/handset/optout")
    def opt_out() -> Reply:
        body = OptOut.model_validate_json(request.data)
        sms.opt_out(body.phone, body.sender)
        return jsonify({})

    @blueprint.get("/handset/inbox")
    def inbox() -> Reply:
        messages = mailboxes.received(request.args.get("phone"))
        named = [asdict(m) | {"from": m.sender, "at": m.at.isoformat()} for m in messages]
        return jsonify({"messages": named, "unread": sum(not m.read for m in messages)})

    @blueprint.get("/handset/sent")
    def sent() -> Reply:
        messages = mailboxes.sent(request.args.get("phone"))
        return jsonify({"messages": [asdict(m) | {"at": m.at.isoformat()} for m in messages]})

    @blueprint.get("/handset/sessions/<session_id>")
    def dialogue(session_id: str) -> Reply:
        return jsonify(transcript(_session(session_id)))

    @blueprint.get("/switches")
    def switches() -> Reply:
        return jsonify(board.now.model_dump())

    @blueprint.put("/switches")
    def change() -> Reply:
        patch = request.get_json(silent=True)
        if not isinstance(patch, dict):
            return jsonify(error="a JSON object of switches is wanted"), 422
        return jsonify(board.change(patch).model_dump())

    @blueprint.errorhandler(ValidationError)
    @blueprint.errorhandler(SwitchError)
    def refused(error: ValidationError | SwitchError) -> Reply:
        if isinstance(error, SwitchError):
            return jsonify(error=str(error)), 422
        return jsonify(error="; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())), 422

    @blueprint.errorhandler(SessionOverError)
    def over(error: SessionOverError) -> Reply:
        return jsonify(error=str(error)), 409

    @blueprint.errorhandler(UnknownSessionError)
    def unknown(_error: UnknownSessionError) -> Reply:
        return jsonify(error="no such session"), 404

    def _session(session_id: str) -> Session:
        session = network.sessions.get(session_id)
        if session is None:
            raise UnknownSessionError
        return session

    return blueprint


def _shown(session_id: str, screen: Screen) -> dict[str, object]:
    return {"session": session_id} | asdict(screen)
