"""An RSGI application on a real socket for tests: granian's embedded server on this process's event loop."""

import asyncio
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

from gateway import loop


@contextmanager
def served(application: Any) -> Iterator[int]:
    """Its port, for the length of the block."""
    port = _free_port()  # not a search for one: two test processes would find the same, and share it
    server = Server(application, port=port, interface=Interfaces.RSGI, log_enabled=False)

    async def begin() -> "asyncio.Task[None]":
        return asyncio.create_task(server.serve())

    serving = loop.run(begin())
    try:
        _wait(port)
        yield port
    finally:
        loop.run(_end(server, serving))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _end(server: Any, serving: "asyncio.Task[None]") -> None:
    server.stop()
    await asyncio.wait((serving,), timeout=5)


def _wait(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("nothing is served")


def ask(
    port: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[HTTPResponse, bytes]:
    """One request on a connection of its own: the answer, and its body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()
