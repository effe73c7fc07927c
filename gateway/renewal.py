"""config/ as it is now becomes what the gateway uses: by `python -m gateway reload`, or by SIGHUP to a part.

Decides: the order (checked, its workflows in the store, then every process), and what a hang-up means to a part that
runs by itself. Must not know: how a version travels (gateway/reload.py), what content says.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from gateway import reload, workflow_sync
from gateway.runtime import Runtime, build
from gateway.settings import SettingsError, load_settings
from menus.content import Content
from menus.yaml_source import ContentError
from store.db import StoreUnavailable

log = logging.getLogger(__name__)


def renew(runtime: Runtime) -> Content:
    """Use config/, which `runtime` was built on, from now on. ContentError, StoreUnavailable."""
    workflow_sync.sync(runtime)
    return reload.publish(runtime.settings.data_dir)


def on_hang_up(work: Callable[[], object]) -> None:
    """From now on SIGHUP has `work` done, in a thread of its own; only for the main thread.

    Not with a terminal, where a hang-up means that it is gone, nor where it is ignored (nohup).
    """
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN or (sys.stdin and sys.stdin.isatty()):
        return
    asked, asking = os.pipe()  # a handler must not wait for a lock, as starting a thread does
    os.set_blocking(asking, False)
    signal.signal(signal.SIGHUP, lambda *_: _ask(asking))
    threading.Thread(target=_serve, args=(asked, work), name="hang-up", daemon=True).start()


def attempt() -> None:
    """`renew` with a runtime of its own; what keeps it from being done is told in the log, and nothing is changed."""
    try:
        runtime = build(load_settings())
        try:
            renew(runtime)
        finally:
            runtime.db.close()
            runtime.redis.close()
    except (SettingsError, ContentError, StoreUnavailable, OSError) as error:
        log.error("config/ is not taken, the old content stays: %s", error)
    except Exception as error:  # a part lives on whatever is wrong with an edit
        log.error("config/ is not taken, the old content stays: %s", type(error).__name__)


def _ask(asking: int) -> None:
    with suppress(BlockingIOError):  # it is full of what was asked already
        os.write(asking, b".")


def _serve(asked: int, work: Callable[[], object]) -> None:
    while os.read(asked, 4096):  # however often it was asked since
        work()
