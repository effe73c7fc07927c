"""Ties a process to ours and ends it in order: what we start must not live on when we are killed outright.

Knows processes and signals; knows nothing of what the process serves.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

POLL = 0.02  # seconds


def tethered(argv: Sequence[str], ask: signal.Signals) -> list[str]:
    """`argv`, started so that the kernel sends it `ask` when the thread that started it dies (Linux, util-linux)."""
    return [*_setpriv(), "--pdeathsig", ask.name.removeprefix("SIG"), "--", *argv] if _setpriv() else list(argv)


def end(process: subprocess.Popen[bytes], ask: signal.Signals, grace: float) -> int:
    """Ask `process` to end, wait `grace` seconds, then kill it; returns its exit code."""
    if process.poll() is None:
        process.send_signal(ask)
    try:
        return process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def end_orphan(pid_file: Path, directory: Path, ask: signal.Signals, grace: float) -> None:
    """End the server that a killed run left behind in `directory`, if it still lives, and forget its pid file."""
    pid = _first_number(pid_file)
    deadline = time.monotonic() + grace
    if pid and _serves(pid, directory):
        _signal(pid, ask)
    while pid and _serves(pid, directory):
        if time.monotonic() > deadline:
            _signal(pid, signal.SIGKILL)
        time.sleep(POLL)
    pid_file.unlink(missing_ok=True)


@cache
def _setpriv() -> tuple[str, ...]:
    found = shutil.which("setpriv")
    # Busybox has a setpriv too, which does not know this option.
    if found and subprocess.run([found, "--pdeathsig", "TERM", "true"], capture_output=True).returncode == 0:
        return (found,)
    return ()


def _first_number(path: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int(path.read_text().split()[0])
    return None


def _serves(pid: int, directory: Path) -> bool:
    # A recycled pid or a zombie has another command line, or none: the pid alone proves nothing.
    with suppress(OSError):
        return os.fsencode(directory) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False


def _signal(pid: int, which: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, which)
