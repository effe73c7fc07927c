"""The door for hops: POST /at/<secret>/ussd is answered before Flask sees it, by the same engine.

Decides: which requests are plain hops. Everything else, a wrong secret or a strange form included, goes on to Flask,
whose route answers the same (docs/adr/0013 says what that saves). Must not know: what a hop is.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from gateway import ussd
from gateway.callbacks import FORM, MAX_BODY, TEXT, fields, secret_check
from gateway.runtime import Runtime
from gateway.sessions import Sessions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BEFORE, AFTER = "/at/", "/ussd"


def door(runtime: Runtime, sessions: Sessions, app: "WSGIApplication") -> "WSGIApplication":
    """`app` behind the door."""
    is_known = secret_check(runtime.settings.callback_secrets)

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        size = _hop_size(environ, is_known)
        if size is None:
            return app(environ, start_response)
        body = ussd.answered(runtime, sessions, lambda: _form(environ, size)).encode()
        start_response("200 OK", [*_HEADERS, ("Content-Length", str(len(body)))])
        return (body,)

    return serve


_HEADERS = [("Content-Type", TEXT), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]


def _hop_size(environ: "WSGIEnvironment", is_known: Callable[[str], bool]) -> int | None:
    """The bytes of a plain hop's form; None for any other request."""
    path: str = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "POST" or not (path.startswith(BEFORE) and path.endswith(AFTER)):
        return None
    secret, size = path[len(BEFORE) : -len(AFTER)], environ.get("CONTENT_LENGTH", "")
    if environ.get("CONTENT_TYPE") != FORM or not (size.isascii() and size.isdecimal() and int(size) <= MAX_BODY):
        return None
    return int(size) if secret.isascii() and is_known(secret) else None


def _form(environ: "WSGIEnvironment", size: int) -> Mapping[str, str]:
    return fields(environ["wsgi.input"].read(size), ussd.FIELDS)
