"""The web part: granian serves the Flask application over WSGI.

Decides: workers and threads of the server. Must not know: routes.
"""

import logging

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from gateway import logs, reload
from gateway.app import create_app
from gateway.runtime import build
from gateway.settings import load_settings

WORKERS = 2
THREADS = 4
"""Blocking threads per worker: a hop waits for Redis and PostgreSQL, the handset page for the simulator."""


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = Granian(
        "gateway.web:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        backpressure=256,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    server.serve()


def application() -> Flask:
    """The application of one worker process: built there, so that no connection crosses a fork."""
    logs.configure(logging.INFO)
    settings = load_settings()
    runtime = build(settings, content=reload.published(settings.data_dir))
    reload.follow(runtime.versions, settings.data_dir)
    return create_app(runtime)
