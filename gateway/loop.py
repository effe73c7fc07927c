"""The event loop on which this process answers hops, and the way to it from other threads.

Decides: that there is one a process: the web server's own where it brings one, else a thread's, begun when it is first
needed. Must not know: what runs on it.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")

_guard = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process: a fork takes no thread along


def adopt(loop: asyncio.AbstractEventLoop) -> None:
    """The web server runs this one."""
    _loops[os.getpid()] = loop


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What `coroutine` returns or raises; for any thread but the loop's own."""
    return asyncio.run_coroutine_threadsafe(coroutine, _current()).result()


def _current() -> asyncio.AbstractEventLoop:
    with _guard:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = uvloop.new_event_loop()
            threading.Thread(target=loop.run_forever, name="loop", daemon=True).start()
        return loop
