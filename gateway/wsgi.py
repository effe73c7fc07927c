"""A WSGI application served over RSGI: each request in a thread, its body read whole before (PEP 3333, granian's RSGI).

Decides: threads, and how large a body may be. Must not know: routes. Answers are not streamed: none of ours is.
"""

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

MAX_BODY = 1024 * 1024
"""Bytes; Flask's own limit is below."""


class Beyond:
    """What lies beyond the door: `app`, with so many `threads`."""

    def __init__(self, app: "WSGIApplication", threads: int) -> None:
        self._app, self._pool = app, ThreadPoolExecutor(threads, thread_name_prefix="flask")

    async def serve(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        """Answer one request."""
        environ = _environ(scope, await _body(scope, protocol))
        running = asyncio.get_running_loop().run_in_executor(self._pool, Response.from_app, self._app, environ, True)
        response = await running
        headers = [(name.lower(), value) for name, value in response.headers.items()]
        body = response.get_data()
        if body:
            protocol.response_bytes(response.status_code, headers, body)
        else:
            protocol.response_empty(response.status_code, headers)


async def _body(scope: "Scope", protocol: "HTTPProtocol") -> bytes:
    """The request's body; of one that is too long, one byte more than may be, which nobody accepts."""
    size = scope.headers.get("content-length") or ""
    if size.isascii() and size.isdecimal() and int(size) > MAX_BODY:
        return b" " * (MAX_BODY + 1)
    parts, length = [], 0
    async for part in protocol:
        parts.append(part)
        length += len(part)
        if length > MAX_BODY:
            break
    return b"".join(parts)


def _environ(scope: "Scope", body: bytes) -> dict[str, Any]:
    """The request as PEP 3333 has it: text is bytes read as latin-1."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = "HTTP_" + name.upper().replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    for name in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):  # of the body on the wire; ours is whole
        environ.pop(name, None)
    return environ | {"CONTENT_LENGTH": str(len(body))}
