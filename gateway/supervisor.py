"""Runs child processes side by side, passes on what they print with their name in front, and ends them together.

Knows nothing of what they do. One thread: children are tied to the thread that starts them (`gateway.tether`).
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TextIO

from gateway import tether

GRACE = 10.0  # seconds between SIGTERM and SIGKILL
Command = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Ended:
    """A process that ended by itself; `code` is negative for the signal that killed it."""

    name: str
    code: int

    def __str__(self) -> str:
        how = f"was killed by {signal.Signals(-self.code).name}" if self.code < 0 else f"ended with code {self.code}"
        return f"{self.name} {how}"


class Supervisor:
    """Children by name; `command` gives the argument list of a name, `environment` is theirs whole."""

    def __init__(self, command: Command, environment: Mapping[str, str], out: TextIO) -> None:
        self._command, self._environment, self._out = command, dict(environment), out
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._unfinished: dict[str, bytes] = {}
        self._selector = selectors.DefaultSelector()

    def start(self, name: str) -> None:
        """Start one child in a process group of its own, so that Ctrl-C in the terminal reaches only us."""
        child = subprocess.Popen(
            tether.tethered(self._command(name), signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            process_group=0,
        )
        self._children[name] = child
        if child.stdout:
            self._selector.register(child.stdout, selectors.EVENT_READ, name)

    def run(self, name: str) -> int:
        """Start one child, wait for its end and return its exit code."""
        self.start(name)
        while (ended := self.pump(0.1)) is None or ended.name != name:
            pass
        return ended.code

    def pump(self, seconds: float) -> Ended | None:
        """Pass on output, waiting `seconds` at most for some; tells one child that has ended, and forgets it."""
        readable = self._selector.select(seconds)
        with _undisturbed():
            for key, _ in readable:
                self._pass_on(key.data, key.fd)
            for name, child in self._children.items():
                code = child.poll()
                if code is not None:
                    self._forget(name)
                    return Ended(name, code)
        return None

    def stop(self) -> None:
        """SIGTERM to each child, `GRACE` seconds for them all, then SIGKILL to what is left of their groups."""
        for child in self._children.values():
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self._children and time.monotonic() < deadline:
            self.pump(0.1)
        for name, child in list(self._children.items()):
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            self._forget(name)

    def _forget(self, name: str) -> None:
        output = self._children.pop(name).stdout
        if output is None:
            return
        # A grandchild may hold the other end open for ever: take what is there, wait for no more.
        os.set_blocking(output.fileno(), False)
        with suppress(BlockingIOError):
            while output.fileno() in self._selector.get_map():
                self._pass_on(name, output.fileno())
        with suppress(KeyError):
            self._selector.unregister(output)
        output.close()

    def _pass_on(self, name: str, descriptor: int) -> None:
        data = os.read(descriptor, 65536)
        *lines, rest = (self._unfinished.pop(name, b"") + data).split(b"\n")
        if data:
            self._unfinished[name] = rest
        else:
            self._selector.unregister(descriptor)
            lines += [rest] if rest else []
        for line in lines:
            self._out.write(f"{name:>9} | {line.decode(errors='replace')}\n")
        self._out.flush()


@contextmanager
def _undisturbed() -> Iterator[None]:
    # A signal handler may raise: it must find every line passed on and every child accounted for.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
