"""DATA_DIR: made when it is missing, and held by one running gateway at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.running import read_run


class DataDirError(Exception):
    """DATA_DIR cannot be used; `str()` is the operator's message."""


@contextmanager
def held(data_dir: Path) -> Iterator[Path]:
    """`data_dir`, absolute, locked until the end of the block or of this process; raises `DataDirError`."""
    directory = data_dir.resolve()
    try:
        # Others may pass, for the server's own user, but not look; what is secret in it has mode 0600.
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataDirError(f"DATA_DIR {directory} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DataDirError(_in_use(directory)) from None
    else:
        yield directory
    finally:
        os.close(descriptor)


def _in_use(directory: Path) -> str:
    run = None
    with suppress(PermissionError):
        run = read_run(directory)
    where = f" at {run.base} (process {run.pid})" if run else ""
    return (
        f"a gateway is already running on {directory}{where}.\n"
        "Stop it first, or run a second one beside it with both PORT and DATA_DIR set to others."
    )
