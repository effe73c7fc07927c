"""Keeps the secrets that nobody set: made once, stored in DATA_DIR for their owner only, the same at every start."""

import os
import secrets
import threading
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The secret in `path` (43 URL-safe characters, 256 bits), made and stored with mode 0600 when there is none.

    Of several processes that make it at the same moment one does, and all have the same.
    """
    return _kept(path) or _made(path)


def write_private(path: Path, text: str) -> None:
    """Replace `path` whole, readable by its owner only; a crash leaves the old text or the new, never half."""
    _draft(path, text).replace(path)


def _kept(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def _made(path: Path) -> str:
    draft = _draft(path, f"{secrets.token_urlsafe(32)}\n")
    try:
        os.link(draft, path)  # unlike a rename, not over one that is there
    except FileExistsError:
        if not _kept(path):
            draft.replace(path)
    draft.unlink(missing_ok=True)
    return _kept(path)


def _draft(path: Path, text: str) -> Path:
    """A file beside `path`, of this thread's own, that holds `text` for sure."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
