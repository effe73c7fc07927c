"""Posting to the gateway as Africa's Talking does: headers, deadline, no redirects; whatever comes back is a value.

It must not know what an answer means (`screens`) nor what is posted (`wire`).
"""

import time
from dataclasses import dataclass, field
from typing import Literal

import urllib3

from gateway.simulator.switches import SwitchBoard
from gateway.simulator.wire import Fields, form

Route = Literal["ussd", "ussd/ended", "sms", "delivery", "optout"]
USER_AGENT = "at-ussd-api/1.0"
MAX_BODY = 65_536


@dataclass(frozen=True)
class Answer:
    """The gateway's answer: HTTP status (0: none came), content type, body, metadata header, or the trouble."""

    status: int
    content_type: str = ""
    body: bytes = b""
    metadata: str = ""
    trouble: str = ""
    millis: int = field(default=0, compare=False)


class Callbacks:
    """The provider's HTTP client towards one gateway."""

    def __init__(self, gateway_url: str, secret: str, board: SwitchBoard) -> None:
        self._root = f"{gateway_url.rstrip('/')}/at/{secret}"
        self._board = board
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)

    def post(self, route: Route, fields: Fields, metadata: str = "") -> Answer:
        """Post `fields` to the gateway's `route`; never raises, waits at most the switch `answer_seconds`."""
        started = time.monotonic()
        seconds = self._board.now.answer_seconds
        try:
            return self._exchange(f"{self._root}/{route}", form(fields), self._headers(metadata), seconds, started)
        except urllib3.exceptions.NewConnectionError as error:  # which urllib3 counts among the time-outs
            return Answer(0, trouble=f"no connection: {_cause(error)}", millis=_since(started))
        except (urllib3.exceptions.TimeoutError, TimeoutError):
            return Answer(0, trouble=f"no answer within {seconds:g} s", millis=_since(started))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Answer(0, trouble=f"no connection: {_cause(error)}", millis=_since(started))

    def close(self) -> None:
        """Close idle connections."""
        self._pool.clear()

    def _exchange(self, url: str, body: bytes, headers: dict[str, str], seconds: float, started: float) -> Answer:
        timeout = urllib3.Timeout(total=seconds)
        with self._pool.request(
            "POST", url, body=body, headers=headers, timeout=timeout, preload_content=False, redirect=False
        ) as reply:
            read = _read(reply, started + seconds)
            kind, metadata = (reply.headers.get(name, "") for name in ("Content-Type", "at-ussd-hop-metadata"))
            return Answer(reply.status, kind, read, metadata, millis=_since(started))

    def _headers(self, metadata: str) -> dict[str, str]:
        charset = "; charset=UTF-8" if self._board.now.callback_charset else ""
        headers = {
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip",
            "Content-Type": f"application/x-www-form-urlencoded{charset}",
        }
        return headers | ({"at-ussd-hop-metadata": metadata} if metadata else {})


def _read(reply: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body up to MAX_BODY; a socket time-out alone would let a trickling answer live for ever."""
    body = b""
    for chunk in reply.stream(4096, decode_content=True):
        body += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(body) > MAX_BODY:
            break
    return body


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return f"{type(reason).__name__}: {reason}"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
