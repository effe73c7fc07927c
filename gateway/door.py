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
HEADS, HEAD = 4096, 1024
"""Heads that are kept, and bytes of each at most. A provider's differ by the length of a transcript."""
_FORM = FORM.encode()
_HEAD = f"content-type: {TEXT}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n".encode()
_END = b"\r\n\r\n"
_NO_FORMS = frozenset({b"expect", b"transfer-encoding", b"upgrade"})


class Door(wsgi.Beyond):
    """An ASGI application: `app` with so many `threads`, and what `Connection` answers without it."""

    def __init__(self, board: Switchboard, app: "WSGIApplication", threads: int) -> None:
        super().__init__(app, threads)
        self.board = board
        settings = board.runtime.settings
        self.is_known = secret_check(settings.callback_secrets)
        self.fault = hops.fault(board.runtime, settings.default_language)
        self.heads: dict[bytes, int] = {}
        loop.adopt(asyncio.get_running_loop())  # hops are answered here, those that come by Flask included


class Connection(Wire):
    """A connection of which a plain hop goes neither through ASGI's messages nor through Flask.

    A head that was read as a plain hop's is known from then on, byte for byte, with the length of the body that it
    announced: with a body of that length it need not be read again, by any connection of the worker that stands
    between two requests (bench/README.md).
    """

    _hop: RequestResponseCycle | None = None

    def data_received(self, data: bytes) -> None:
        """A whole hop with a known head is begun at once; everything else is uvicorn's to read."""
        door, last, is_between = self.app, self.cycle, self._is_between()
        end = data.find(_END) + len(_END)
        # Only a hop of ours is over with its answer: uvicorn looks at a cycle of its own once more.
        if is_between and last is not None and last is self._hop and isinstance(door, Door):
            if door.heads.get(data[:end]) == len(data) - end:
                self._begin_like(last, door, data[end:])
                return
        super().data_received(data)
        if is_between and self.cycle is not last and self.cycle is self._hop and isinstance(door, Door):
            _keep_head(door.heads, self.cycle, data[:end], len(data) - end)

    def _is_between(self) -> bool:
        """Whether all that came is answered, and nothing of a next request has come."""
        return self.cycle.response_complete and self.cycle.scope is self.scope if self.cycle else self.scope is None

    def _begin_like(self, cycle: RequestResponseCycle, door: Door, body: bytes) -> None:
        """The connection's last request begins anew, with another body."""
        cycle.scope = self.scope = cycle.scope.copy()  # one of its own, by which `look` sees that the client is there
        cycle.body, cycle.more_body = bytearray(body), False
        cycle.response_started = cycle.response_complete = False
        cycle.default_headers = self.server_state.default_headers
        self._begin(cycle, door)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: "ASGI3Application") -> None:
        # Of the cycle, not of the connection, which may have read further requests by now.
        scope, door = cycle.scope, self.app
        headers: Sequence[tuple[bytes, bytes]] = scope["headers"]  # type: ignore[assignment]
        if isinstance(door, Door) and is_hop(scope["method"], scope["raw_path"], headers, door.is_known):
            self._hop = cycle
            self._begin(cycle, door)
            return
        if self.is_leaving:
            cycle.keep_alive = False
        super()._start_asgi_task(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, door: Door) -> None:
        if self.is_leaving:
            cycle.keep_alive = False
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


def _keep_head(heads: dict[bytes, int], cycle: RequestResponseCycle, head: bytes, size: int) -> None:
    """Of a plain hop that came whole, and after which the connection stays."""
    if not cycle.keep_alive or cycle.more_body or len(head) > HEAD:
        return
    if dict(cycle.scope["headers"])[b"content-length"] == b"%d" % size:
        if len(heads) >= HEADS:
            heads.clear()
        heads[head] = size


def _form(body: bytes) -> "ussd.Form":
    try:
        return fields(body, ussd.FIELDS)
    except BadForm as error:
        return error
