"""The web part's door on a real socket for tests: uvicorn on this process's event loop."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from gateway import loop
from gateway.door import Door
from gateway.web import OPTIONS


@contextmanager
def served(make: Callable[[], Door]) -> Iterator[int]:
    """The port of the door that `make` makes, for the length of the block."""
    with serving(make) as (port, _):
        yield port


@contextmanager
def serving(make: Callable[[], Door]) -> Iterator[tuple[int, ServerState]]:
    """The same, and what the server holds."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = loop.run(_begin(make, listening))
    try:
        yield listening.getsockname()[1], server[0].server_state
    finally:
        loop.run(_end(*server))


async def _begin(make: Callable[[], Door], listening: socket.socket) -> "tuple[uvicorn.Server, asyncio.Task[None]]":
    server = uvicorn.Server(uvicorn.Config(make(), **OPTIONS))
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    return server, serving


async def _end(server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    server.should_exit = True
    await asyncio.wait((serving,), timeout=5)


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
