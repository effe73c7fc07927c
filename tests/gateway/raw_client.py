"""A client of the web part that sends bytes as it likes, and the requests that it sends."""

import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
from uvicorn.server import ServerState

from gateway.door import Door
from tests.gateway.served import serving
from tests.gateway.test_door import FORM, PATH
from tests.processes import wait_until

ANSWER = re.compile(rb"HTTP/1\.1 (\d+) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n")
_sessions = count()


def form(text: str = "", session: str = "") -> bytes:
    """A hop's body, of a session of its own when none is given."""
    session = session or f"wire-{next(_sessions)}"
    return f"sessionId={session}&phoneNumber=%2B9647700000001&serviceCode=*964%23&text={text}".encode()


def hop(*more: str, body: bytes = b"", path: str = PATH, version: str = "1.1", size: str | None = None) -> bytes:
    """A hop's request; `more` header lines, and another Content-Length when `size` is given."""
    body = body or form()
    lines = [f"POST {path} HTTP/{version}", "Host: x", f"Content-Type: {FORM}"]
    length = f"Content-Length: {len(body) if size is None else size}"
    return "\r\n".join([*lines, length, *more, "", ""]).encode("latin-1") + body


def ask(method: str, path: str, *more: str) -> bytes:
    """A request without a body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *more, "", ""]).encode("latin-1")


class Client:
    """A connection, and what came back on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.read = b""
        self.is_last = False
        """Whether the last answer said that the connection ends."""

    def sends(self, *parts: bytes, pause: float = 0.0) -> "Client":
        """Send each part by itself."""
        for part in parts:
            self.socket.sendall(part)
            time.sleep(pause)
        return self

    def answer(self, *, head: bool = False) -> tuple[int, bytes]:
        """The next answer's status and body; `head`: only a length is told."""
        while not (found := ANSWER.match(self.read)):
            self._more()
        length = re.search(rb"content-length: (\d+)", found[2])
        end = found.end() + (int(length[1]) if length and not head else 0)
        while len(self.read) < end:
            self._more()
        self.is_last = b"connection: close" in found[2]
        body, self.read = self.read[found.end() : end], self.read[end:]
        return int(found[1]), body

    def _more(self) -> None:
        part = self.socket.recv(65536)
        assert part, f"closed after {self.read!r}"
        self.read += part

    def is_closed(self) -> bool:
        """Whether the server hangs up without another byte; an error when it does neither for 5 s."""
        try:
            return self.read == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def leaves(self) -> None:
        """Close."""
        self.socket.close()


@dataclass
class Served:
    """A door that is served, and what the server holds."""

    port: int
    state: ServerState
    clients: list[Client] = field(default_factory=list)

    def client(self) -> Client:
        """A new connection."""
        self.clients.append(Client(self.port))
        return self.clients[-1]

    def holds_nothing(self) -> None:
        """Wait until no connection and no task is left."""
        wait_until(lambda: not self.state.connections and not self.state.tasks, 3)


@contextmanager
def wired(make: Callable[[], Door]) -> Iterator[Served]:
    """The door that `make` makes, served; in the end every client leaves, and nothing may be left of them."""
    with serving(make) as (port, state):
        served = Served(port, state)
        yield served
        for each in served.clients:
            each.leaves()
        served.holds_nothing()


@contextmanager
def quiet(log: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing may be logged meanwhile."""
    with log.at_level(logging.WARNING):
        yield
    assert [each.getMessage() for each in logged(log)] == []


def logged(log: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What was logged, but for the funnels of other tests, whose stores are gone."""
    return [each for each in log.records if each.name != "gateway.funnel"]
