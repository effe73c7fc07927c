"""A WSGI application served over ASGI: each request in a thread, its body read whole before (PEP 3333, ASGI 3).

Decides: threads, and how large a body may be. Must not know: routes. Answers are not streamed: none of ours is.
"""

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

MAX_BODY = 1024 * 1024
"""Bytes; Flask's own limit is below."""


class Beyond:
    """What lies beyond the door: `app`, with so many `threads`. An ASGI application."""

    def __init__(self, app: "WSGIApplication", threads: int) -> None:
        self._app, self._pool = app, ThreadPoolExecutor(threads, thread_name_prefix="flask")

    async def __call__(self, scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        body = await _body(scope, receive)
        if body is None:
            return
        environ = _environ(scope, body)
        running = asyncio.get_running_loop().run_in_executor(self._pool, Response.from_app, self._app, environ, True)
        response = await running
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()
        ]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.get_data(), "more_body": False})


def is_length(text: bytes, most: int) -> bool:
    """Whether a Content-Length is a number of bytes up to `most`; of thousands of digits `int` would make an error."""
    return text.isdigit() and len(text) < 12 and int(text) <= most


async def _body(scope: "HTTPScope", receive: "ASGIReceiveCallable") -> bytes | None:
    """The body; one byte more than may be, which nobody accepts, when it is too long; None when the client left."""
    size = dict(scope["headers"]).get(b"content-length")
    if size is not None and not is_length(size.strip(), MAX_BODY):
        return b" " * (MAX_BODY + 1)
    parts, length, more = [], 0, True
    while more and length <= MAX_BODY:
        message = cast(Any, await receive())
        if message["type"] == "http.disconnect":  # half a form may look like a whole one
            return None
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


def _environ(scope: "HTTPScope", body: bytes) -> dict[str, Any]:
    """The request as PEP 3333 has it: text is bytes read as latin-1."""
    host, port = scope["server"] or ("localhost", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:  # would pass for the name with a hyphen
            continue
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    for key in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):  # of the body on the wire; ours is whole
        environ.pop(key, None)
    return environ | {"CONTENT_LENGTH": str(len(body))}
