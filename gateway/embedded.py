"""What an embedded server is, and where its program comes from: a wheel first, then the system's own packages."""

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from gateway.tether import POLL


class EmbeddedError(Exception):
    """An embedded server cannot run; `str()` tells the operator what to do."""


@dataclass(frozen=True)
class Server:
    """A running server of ours: its address (holds the password), its process and how to end it in order."""

    name: str
    url: str = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)
    stop: Callable[[], None] = field(repr=False)


def program(setting: str, wheels: Sequence[tuple[str, str]], system: Sequence[str]) -> Path:
    """The first program found: (package, glob in it) of a wheel, else a name in PATH or a glob from `/`.

    Raises `EmbeddedError`, which names the `setting` that makes the embedded server unnecessary.
    """
    for found in (*_in_wheels(wheels), *_in_system(system)):
        return found
    package = wheels[0][0].replace("_", "-")
    raise EmbeddedError(
        f"{setting} is not set and this machine has no server program to start instead.\n"
        f"Set {setting} to the address of a running server, or install requirements-dev.txt (it has {package})."
    )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    """Wait for `ready`; raises `EmbeddedError` with the end of `log` when the server dies or `seconds` pass."""
    deadline = time.monotonic() + seconds
    while not ready():
        code = process.poll()
        if code is not None:
            raise EmbeddedError(f"the server ended with code {code} while starting; end of {log}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the server was not ready in {seconds:.0f} s; end of {log}:\n{tail(log)}")
        time.sleep(POLL)


def opened_log(path: Path) -> BinaryIO:
    """`path` opened for appending, readable by its owner only."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


@contextmanager
def usable(directory: Path) -> Iterator[None]:
    """Turn a refusal of the file system inside the block into an `EmbeddedError` that names DATA_DIR."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(
            f"{error.filename or directory}: {error.strerror}.\n"
            f"{directory} may be another user's, or its disk full; set DATA_DIR to a directory of your own."
        ) from error


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _in_wheels(wheels: Sequence[tuple[str, str]]) -> Iterator[Path]:
    for package, pattern in wheels:
        spec = importlib.util.find_spec(package)
        for place in spec.submodule_search_locations or () if spec else ():
            yield from sorted(Path(place).glob(pattern), reverse=True)


def _in_system(names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        if "/" in name:
            yield from sorted(Path("/").glob(name), reverse=True)
        elif found := shutil.which(name):
            yield Path(found).resolve()
