"""Processor time of a process and its descendants, and which processors they may use; from /proc, so Linux only."""

import os
from contextlib import suppress
from pathlib import Path

from gateway.processors import keep

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def seconds(pids: list[int]) -> float:
    """User and system time that these processes have used."""
    used = 0
    for pid in pids:
        with suppress(OSError):
            used += sum(int(field) for field in _stat(pid)[11:13])
    return used * TICK_S


def pin(pids: list[int], processors: set[int]) -> None:
    """Let these processes, every thread of theirs, run on these processors only."""
    for pid in pids:
        keep(pid, processors)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything; the first is the state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
