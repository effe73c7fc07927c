"""The far side of the provider's wire for tests: it keeps what it was asked and says what it is told to say.

Written from the provider's contract alone and apart from the gateway's own simulator, so that one mistake cannot hide
in both.
"""

import json
import os
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.ports import is_free

PATH = "/version1/messaging"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]
    number: int = 1
    query: bytes = b""

    @property
    def phones(self) -> list[str]:
        return self.form["to"].split(",")


Reply = Callable[[Asked], Response]


def listing(codes: dict[str, int], default: int = 101, content_type: str = "application/json") -> Reply:
    """201 with one row a recipient, in reverse order, so that whoever matches by position is found out."""

    def reply(asked: Asked) -> Response:
        rows = [row(phone, codes.get(phone, default), asked.number) for phone in reversed(asked.phones)]
        return says(
            {"SMSMessageData": {"Message": f"Sent to {len(rows)}/{len(rows)}", "Recipients": rows}}, content_type
        )

    return reply


def row(phone: str, code: int, request: int = 1) -> dict[str, object]:
    """One recipient as the provider writes it."""
    taken = code <= 102
    return {
        "statusCode": code,
        "number": phone,
        "status": "Success" if taken else "NotTaken",
        "cost": "KES 0.8000" if taken else "0",
        "messageId": f"ATXid_{request}_{phone.strip('+')}" if taken else "None",
    }


def says(body: object, content_type: str = "application/json", status: int = 201) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status=status, headers={"Content-Type": content_type})


def plain(status: int, body: str = "", **headers: str) -> Reply:
    """A text answer with this status."""
    return lambda _: Response(body, status=status, content_type="text/plain; charset=UTF-8", headers=headers)


def slow(seconds: float, answer: Reply | None = None) -> Reply:
    """An answer that comes late; unless another is given, everything is accepted."""

    def reply(asked: Asked) -> Response:
        time.sleep(seconds)
        return (answer or listing({}))(asked)

    return reply


@dataclass
class Peer:
    """A provider on a real socket; `then` queues replies, after which everything is accepted."""

    server: HTTPServer = field(default_factory=lambda: HTTPServer(host="127.0.0.1", port=0, threaded=True))
    asked: list[Asked] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def sent(self) -> list[tuple[str, str]]:
        """(phone, text) of all that ever arrived, in order."""
        return [(phone, asked.form["message"]) for asked in self.asked for phone in asked.phones]

    def then(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def forget(self) -> None:
        self.asked.clear()
        self.replies.clear()

    def answer(self, request: Request) -> Response:
        form, query = request.form.to_dict(), request.query_string
        asked = Asked(request.path, dict(request.headers), form, next(self.numbers), query)
        self.asked.append(asked)
        reply = self.replies.popleft() if self.replies else listing({})
        return reply(asked)


@contextmanager
def peer() -> Iterator[Peer]:
    """A peer that listens until the block ends."""
    far = Peer()
    far.server.expect_request(re.compile(".*")).respond_with_handler(far.answer)
    far.server.start()
    try:
        yield far
    finally:
        far.server.stop()


@contextmanager
def keeping_alive() -> Iterator[tuple[str, list[int]]]:
    """A server that takes everything and leaves connections open, which the other does not: (address, client ports)."""
    ports: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            ports.append(self.client_address[1])
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            body = says({"SMSMessageData": {"Recipients": [row(form["to"][0], 101)]}}).get_data()
            self.send_response(201)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", ports
        finally:
            server.shutdown()
            thread.join(5)


@contextmanager
def hanging_up(answer: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads each request, writes `answer` and cuts the line: (its address, what it read)."""
    listener = socket.create_server(("127.0.0.1", 0))
    read: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                read.append(line.recv(65536))
                line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", read
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


_ports = count(12_000 + os.getpid() % 2_000 * 9)


def closed_port() -> str:
    """An address on which nobody listens, and that the system gives to nobody: ports of its choice begin higher."""
    return f"http://127.0.0.1:{next(port for port in _ports if is_free(port))}"
