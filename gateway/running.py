"""Where a running gateway is reached: what `make run` prints and leaves in DATA_DIR/run.json for other shells."""

import importlib.util
import os
from collections.abc import Container
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.secrets import write_private

FILE = "run.json"


class Running(BaseModel):
    """Addresses of one running gateway, secrets included: for its operator only."""

    model_config = ConfigDict(frozen=True, strict=True)

    pid: int
    base: str
    handset: str | None
    simulator: str | None
    api: str
    console: str | None
    callbacks: str
    database_url: str
    redis_url: str

    def lines(self, hidden: Container[str] = ()) -> list[str]:
        """One line for each address; those named in `hidden` (callbacks, database, redis) without their secret."""
        full = {"callbacks": self.callbacks, "database": self.database_url, "redis": self.redis_url}
        masked = {
            "callbacks": f"{self.base}/at/***",
            "database": without_password(self.database_url),
            "redis": without_password(self.redis_url),
        }
        pages = {"handset": self.handset, "officers' API": self.api, "console": self.console}
        rows = pages | {name: masked[name] if name in hidden else full[name] for name in full}
        return [f"  {name:<14} {value}" for name, value in rows.items() if value]


def running(base: str, secret: str, database_url: str, redis_url: str, *, simulator: str | None) -> Running:
    """The addresses of this process's gateway at `base` (no trailing slash); `simulator` is its provider's root."""
    console = importlib.util.find_spec("gateway.console") is not None
    return Running(
        pid=os.getpid(),
        base=base,
        handset=f"{base}/phone" if simulator else None,
        simulator=simulator,
        api=f"{base}/api/v1",
        console=f"{base}/console" if console else None,
        callbacks=f"{base}/at/{secret}",
        database_url=database_url,
        redis_url=redis_url,
    )


def write_run(data_dir: Path, run: Running) -> None:
    """Leave the addresses for `read_run`, readable by the owner of DATA_DIR only."""
    write_private(data_dir / FILE, run.model_dump_json(indent=2) + "\n")


def forget_run(data_dir: Path) -> None:
    """The gateway of this DATA_DIR runs no more."""
    (data_dir / FILE).unlink(missing_ok=True)


def read_run(data_dir: Path) -> Running | None:
    """The gateway that runs on `data_dir` now, None when there is none; raises `PermissionError` for other users."""
    with suppress(FileNotFoundError, ValidationError, ProcessLookupError):
        run = Running.model_validate_json((data_dir / FILE).read_text())
        with suppress(PermissionError):
            os.kill(run.pid, 0)
        return run
    return None


def without_password(url: str) -> str:
    """`url` with `***` for its password, and for its whole query where a password may be."""
    parts = urlsplit(url)
    credentials, at, server = parts.netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    query = "***" if "password" in parts.query else parts.query
    return urlunsplit(parts._replace(netloc=f"{user}{colon}{'***' if colon else ''}{at}{server}", query=query))
