"""HTTP connections as uvicorn reads them, with the limits that it lacks (docs/adr/0017).

Decides: how long a client is waited for, how large a request's head may be, and what becomes of a connection when the
worker ends. Must not know: what is asked. Nothing here costs a request more than a few comparisons.
"""

import asyncio
import logging
from typing import cast
from weakref import WeakSet

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.accepting import Loop

log = logging.getLogger(__name__)

PATIENCE_S = 30
"""How long a client may be idle, and take for a request's head, or for its body, or let an answer lie unread."""
SWEEP_S = 5
"""How often that is looked at: a client has up to so much longer."""
MAX_HEAD = 64 * 1024
"""Bytes of a request line and its headers, give or take what one read brings."""
LINGER_S = 1
"""How long a worker that ends still hears idle clients: what they sent just now is answered."""

_swept: "WeakSet[ServerState]" = WeakSet()


class Wire(HttpToolsProtocol):
    """A connection that does not wait for ever."""

    is_leaving = False
    _head = _unread = _sweeps = 0
    _seen: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the worker's sweep with its first connection."""
        super().connection_made(transport)
        if self.server_state not in _swept:
            _swept.add(self.server_state)
            self.loop.call_later(SWEEP_S, _sweep, self.loop, self.server_state)

    def connection_lost(self, exc: Exception | None) -> None:
        """Another connection may come in its place."""
        super().connection_lost(exc)
        if isinstance(self.loop, Loop):
            self.loop.share.change(-1)

    def data_received(self, data: bytes) -> None:
        """Read on; what is no HTTP, and a head that does not end, is refused."""
        scope = self.scope
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            log.warning("a request that is no HTTP is refused")
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as stop:
            self._ignore_upgrade(data[stop.args[0] :])
        if self.scope is not scope or scope is None or (self.cycle is not None and self.cycle.scope is scope):
            self._head = 0
            return
        self._head += len(data)
        if self._head > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("Request head too large.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; but what came whole before it gets its answer, and not this one."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            super().send_400_response(msg)
            return
        cycle.keep_alive = False
        self.flow.pause_reading()

    def on_response_complete(self) -> None:
        """As uvicorn's, but without a timer a request (the sweep ends idle connections, too), or reading far ahead."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.flow.resume_reading()

    def shutdown(self) -> None:
        """The worker ends: answer what is under way, and what a client that seems idle has sent just now."""
        self.is_leaving = True
        if self._is_idle():
            self.loop.call_later(LINGER_S, self._leave)
        else:
            super().shutdown()
        self.loop.call_later(5 * LINGER_S, self._cut)

    def look(self) -> None:
        """End the connection if its client has owed us the same for PATIENCE_S."""
        unread = self.transport.get_write_buffer_size()
        if self._is_at_work() or self.scope is not self._seen or unread != self._unread:
            self._seen, self._unread, self._sweeps = self.scope, unread, 0
            return
        self._sweeps += 1
        if self._sweeps * SWEEP_S >= PATIENCE_S:
            self.transport.abort()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_at_work(self) -> bool:
        """Whether it is for us to do something, and not for the client."""
        if self.transport.get_write_buffer_size():
            return False
        return self.flow.read_paused or not (self._is_idle() or self.cycle.more_body)

    def _leave(self) -> None:
        if self._is_idle():
            self.transport.close()

    def _cut(self) -> None:
        if not self._is_at_work():
            self.transport.abort()

    def _should_upgrade(self) -> bool:
        """Asked where a client offers another protocol: not to answer before `_ignore_upgrade`."""
        return True

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Java's HTTP client offers HTTP/2 with each request; the parser then skips the body. Read it without that."""
        if self.scope["method"] == "CONNECT":
            self.send_400_response("No tunnels here.")
            return
        line = f"{self.scope['method']} ".encode() + self.url + f" HTTP/{self.scope['http_version']}".encode()
        lines = [b"%s: %s" % (name, value) for name, value in self.headers if name != b"upgrade"]
        self.data_received(b"\r\n".join([line, *lines, b"", rest]))


def _sweep(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    for each in list(state.connections):
        cast(Wire, each).look()
    if state.connections:
        loop.call_later(SWEEP_S, _sweep, loop, state)
    else:
        _swept.discard(state)
