"""Which processors the web part's workers run on: each keeps to its share of them (docs/adr/0018).

Two busy workers that the kernel moves about now and then wait for one processor while the other is free for a moment.
Decides: who has which. Must not know: what a worker does. Only Linux has more than one share.
"""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def allowed() -> set[int]:
    """Those that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def shares(processors: Collection[int], workers: int) -> list[set[int]]:
    """A worker's processors each, of about the same number; all of them where there are fewer than workers."""
    ordered, number = sorted(processors), len(processors)
    if number < workers:
        return [set(ordered)] * workers
    return [set(ordered[each * number // workers : (each + 1) * number // workers]) for each in range(workers)]


def keep(pid: int, processors: Collection[int]) -> None:
    """Let this process, every thread of it, run on these processors only. Nothing for one that has ended."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), processors)
