"""The door of the web part: POST /at/<secret>/ussd is answered on the event loop, everything else by Flask in a thread.

Decides: which requests are plain hops. A strange form goes on to Flask, whose route gives the same answer by the same
engine (docs/adr/0016 says what that saves). Must not know: what a hop is.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway import loop, ussd, wsgi
from gateway.callbacks import FORM, MAX_BODY, TEXT, BadForm, fields, secret_check
from gateway.switchboard import Switchboard

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

BEFORE, AFTER = "/at/", "/ussd"
HEADERS = [("content-type", TEXT), ("x-content-type-options", "nosniff"), ("cache-control", "no-store")]


class Door:
    """An RSGI application: `app` behind the door, with so many `threads`."""

    def __init__(self, board: Switchboard, app: "WSGIApplication", threads: int) -> None:
        self._board, self._beyond = board, wsgi.Beyond(app, threads)
        self._is_known = secret_check(board.runtime.settings.callback_secrets)

    def __rsgi_init__(self, own: asyncio.AbstractEventLoop) -> None:
        """Granian's loop is where hops are answered, those that come by Flask included."""
        loop.adopt(own)

    async def __rsgi__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        """One request."""
        if is_hop(scope, self._is_known):
            body = await protocol()
            protocol.response_str(200, HEADERS, await ussd.answered(self._board, _form(body)))
        else:
            await self._beyond.serve(scope, protocol)


def is_hop(scope: "Scope", is_known: Callable[[str], bool]) -> bool:
    """Whether this is a plain hop: a good secret, a form, and a length that may be read."""
    path = scope.path
    if scope.method != "POST" or not (path.startswith(BEFORE) and path.endswith(AFTER)):
        return False
    headers = scope.headers
    size = headers.get("content-length") or ""
    if headers.get("content-type") != FORM or not (size.isascii() and size.isdecimal() and int(size) <= MAX_BODY):
        return False
    secret = path[len(BEFORE) : -len(AFTER)]
    return secret.isascii() and is_known(secret)


def _form(body: bytes) -> "ussd.Form":
    try:
        return fields(body, ussd.FIELDS)
    except BadForm as error:
        return error
