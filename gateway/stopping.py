"""How a long-running part learns that it should end: SIGTERM or Ctrl-C, or a test that asks."""

import signal
import time


class Stop:
    """A request to end. A plain flag, not an Event: a signal handler must not wait for a lock its own thread holds."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, *_: object) -> None:
        """Ask; callable as a signal handler."""
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Sleep for `seconds`, less when asked to end; tells whether it was."""
        end = time.monotonic() + seconds
        while not self.asked and (rest := end - time.monotonic()) > 0:
            time.sleep(min(rest, 0.2))
        return self.asked


THIS_PROCESS = Stop()
"""What the signals of this process ask; for work that is called by name and cannot be handed a value."""


def on_signals() -> Stop:
    """This process's stop, asked for by SIGTERM or SIGINT from now on; only for the main thread."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, THIS_PROCESS.ask)
    return THIS_PROCESS
