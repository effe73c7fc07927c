"""The web part: uvicorn serves hops on an event loop, and the Flask application behind it (gateway/door.py).

Decides: workers and threads of the server. Must not know: routes.
"""

import logging
import multiprocessing
import os
import signal
import threading
from typing import Any

import uvicorn

from gateway import logs, reload
from gateway.app import create_app
from gateway.door import Connection, Door
from gateway.runtime import build
from gateway.settings import load_settings
from gateway.switchboard import switchboard

WORKERS = 2
THREADS = 4
"""For Flask, per worker: the API waits for PostgreSQL, the handset page for the simulator. Hops need none."""
GRACE_S = 10
"""For requests that run when a worker is told to stop: more than a hop's deadline."""

OPTIONS: dict[str, Any] = {
    "http": Connection,
    "loop": "uvloop",
    "interface": "asgi3",
    "lifespan": "off",
    "ws": "none",
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    "timeout_graceful_shutdown": GRACE_S,
}
"""Uvicorn's."""


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    uvicorn.run("gateway.web:application", factory=True, host=host, port=port, workers=WORKERS, **OPTIONS)


def application() -> Door:
    """The application of one worker process: built there, on its loop, so that no connection crosses a fork."""
    logs.configure(logging.INFO)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    settings = load_settings()
    runtime = build(settings, content=reload.published(settings.data_dir))
    reload.follow(runtime.versions, settings.data_dir)
    board = switchboard(runtime)
    return Door(board, create_app(runtime, board), THREADS)


def _end_with_parent() -> None:
    """A worker whose parent was killed would keep the port from the next one."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
