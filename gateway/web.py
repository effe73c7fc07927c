"""The web part: uvicorn serves hops on an event loop, and the Flask application behind it (gateway/door.py).

Decides: workers and threads of the server. Must not know: routes.
"""

import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from gateway import logs, reload, renewal
from gateway.accepting import Loop, table
from gateway.app import create_app
from gateway.door import Connection, Door
from gateway.processors import allowed, keep, shares
from gateway.runtime import build
from gateway.settings import load_settings
from gateway.switchboard import switchboard

log = logging.getLogger(__name__)

WORKERS = 2
THREADS = 4
"""For Flask, per worker: the API waits for PostgreSQL, the handset page for the simulator. Hops need none."""
HANG_S = 15
"""A worker that gives no sign of life for so long is killed; a new one has so long to begin, or SIGHUP is given up."""
GRACE_S = 10
"""For requests that run when a worker is told to stop: more than a hop's deadline."""
COLLECT = (10_000, 20, 20)
"""Of the garbage collector: objects more than before, collections of the young, and of the middle-aged."""

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
    "timeout_worker_healthcheck": HANG_S,
}
"""Uvicorn's."""


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP takes config/ as it is, and puts new workers in the places of the old."""
    logs.configure(logging.INFO)
    options = OPTIONS | {"loop": partial(Loop, table(WORKERS))}
    config = uvicorn.Config("gateway.web:application", factory=True, host=host, port=port, workers=WORKERS, **options)
    Workers(config, [config.bind_socket()]).run()


class Workers(Multiprocess):
    """Uvicorn's parent of workers; it says when one had to be replaced, and is deaf from the moment it ends."""

    _settled: Sequence[Process] = ()

    def terminate_all(self) -> None:
        """End the workers. While we held the socket, too, clients would still be let in, and heard by nobody."""
        for each in self.sockets:
            each.close()
        super().terminate_all()

    def handle_hup(self) -> None:
        """What a hang-up is to every part, and new workers: one after the other, with no hop lost."""
        renewal.attempt()
        super().handle_hup()

    def keep_subprocess_alive(self) -> None:
        """Replace each worker that ended, or that gives no sign of life; asked twice a second."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if new is not old:
                log.warning("web worker %s ended with code %s, unasked; another takes its place", old.pid, old.exitcode)
        if self.processes != self._settled:
            self._settle()

    def _settle(self) -> None:
        """See to new workers."""
        self._settled = list(self.processes)
        for each, share in zip(self._settled, shares(allowed(), len(self._settled)), strict=True):
            # With the worker's end of its pipe open here as well, one that dies before it has answered a question of
            # ours is taken for one that hangs: HANG_S without it.
            each.child_conn.close()
            if each.pid and share:
                keep(each.pid, share)


def application() -> Door:
    """The application of one worker process: built there, on its loop, so that no connection crosses a fork."""
    logs.configure(logging.INFO)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    settings = load_settings()
    runtime = build(settings, content=reload.published(settings.data_dir))
    reload.follow(runtime.versions, settings.data_dir)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for our parent: whoever signals the whole group means that one
    board = switchboard(runtime)
    door = Door(board, create_app(runtime, board), THREADS)
    _settle_memory()
    return door


def _settle_memory() -> None:
    """Keep the collector from what stays: walking it all takes 80 ms, and under load it did so each two seconds.

    A hop leaves hardly a cycle behind, so the young may be many before they are looked through.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


def _end_with_parent() -> None:
    """A worker whose parent was killed would keep the port from the next one."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
