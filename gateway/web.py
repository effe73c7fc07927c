"""The web part: granian serves hops on an event loop, and the Flask application behind it (gateway/door.py).

Decides: workers and threads of the server. Must not know: routes.
"""

import logging

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels

from gateway import logs, reload
from gateway.app import create_app
from gateway.door import Door
from gateway.runtime import build
from gateway.settings import load_settings
from gateway.switchboard import switchboard

WORKERS = 2
THREADS = 4
"""For Flask, per worker: the API waits for PostgreSQL, the handset page for the simulator. Hops need none."""


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = Granian(
        "gateway.web:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=WORKERS,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        backpressure=256,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    server.serve()


def application() -> Door:
    """The application of one worker process: built there, so that no connection crosses a fork."""
    logs.configure(logging.INFO)
    settings = load_settings()
    runtime = build(settings, content=reload.published(settings.data_dir))
    reload.follow(runtime.versions, settings.data_dir)
    board = switchboard(runtime)
    return Door(board, create_app(runtime, board), THREADS)
