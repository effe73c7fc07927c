"""The door of the web part: POST /at/<secret>/ussd is answered on the event loop, everything else by Flask in a thread.

Decides: which requests are plain hops, and the bytes of their answers. A strange form goes on to Flask, whose route
gives the same answer by the same engine (docs/adr/0017 says what that saves). Must not know: what a hop is.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway import hops, loop, ussd, wsgi
from gateway.callbacks import FORM, MAX_BODY, TEXT, BadForm, fields, secret_check
from gateway.switchboard import Switchboard
from gateway.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from uvicorn._types import ASGI3Application

log = logging.getLogger(__name__)

BEFORE, AFTER = b"/at/", b"/ussd"
_FORM = FORM.encode()
_HEAD = f"content-type: {TEXT}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n".encode()
_NO_FORMS = frozenset({b"expect", b"transfer-encoding", b"upgrade"})


class Door(wsgi.Beyond):
    """An ASGI application: `app` with so many `threads`, and what `Connection` answers without it."""

    def __init__(self, board: Switchboard, app: "WSGIApplication", threads: int) -> None:
        super().__init__(app, threads)
        self.board = board
        settings = board.runtime.settings
        self.is_known = secret_check(settings.callback_secrets)
        self.fault = hops.fault(board.runtime, settings.default_language)
        loop.adopt(asyncio.get_running_loop())  # hops are answered here, those that come by Flask included


class Connection(Wire):
    """A connection of which a plain hop goes neither through ASGI's messages nor through Flask."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        if self.is_leaving:
            cycle.keep_alive = False
        # Of the cycle, not of the connection, which may have read further requests by now.
        scope, door = cycle.scope, self.app
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]  # type: ignore[assignment]
        if not isinstance(door, Door) or not is_hop(scope["method"], scope["raw_path"], headers, door.is_known):
            super()._start_asgi_task(cycle, app)
            return
        task = self.loop.create_task(self._answer(cycle, door))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, cycle: RequestResponseCycle, door: Door) -> None:
        while cycle.more_body and not cycle.disconnected:
            cycle.message_event.clear()
            self.flow.resume_reading()
            await cycle.message_event.wait()
        if cycle.more_body:  # the client is gone, and half a transcript is no hop
            return
        try:
            text = await ussd.answered(door.board, _form(bytes(cycle.body)))
        except Exception:  # it takes care of its own; but without an answer the client would wait for ever
            log.exception("a hop failed outside the engine")
            text = door.fault
        if self.flow.write_paused:
            await self.flow.drain()
        self._write(cycle, text.encode())

    def _write(self, cycle: RequestResponseCycle, text: bytes) -> None:
        cycle.response_started = cycle.response_complete = True
        if self.transport.is_closing():
            return
        ours = b"".join([b"%s: %s\r\n" % each for each in cycle.default_headers])
        close = b"" if cycle.keep_alive else b"connection: close\r\n"
        self.transport.write(
            b"HTTP/1.1 200 OK\r\n%s%s%scontent-length: %d\r\n\r\n%s" % (ours, _HEAD, close, len(text), text)
        )
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()


def is_hop(method: str, path: bytes, headers: Sequence[tuple[bytes, bytes]], is_known: Callable[[str], bool]) -> bool:
    """Whether this is a plain hop: a good secret, a form, and a length that may be read."""
    if method != "POST" or not (path.startswith(BEFORE) and path.endswith(AFTER)):
        return False
    found = dict(headers)
    size = found.get(b"content-length", b"")
    if found.get(b"content-type") != _FORM or not wsgi.is_length(size, MAX_BODY):
        return False
    secret = path[len(BEFORE) : -len(AFTER)]
    return _NO_FORMS.isdisjoint(found) and len(found) == len(headers) and secret.isascii() and is_known(secret.decode())


def _form(body: bytes) -> "ussd.Form":
    try:
        return fields(body, ussd.FIELDS)
    except BadForm as error:
        return error
