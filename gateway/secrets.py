"""Keeps the secrets that nobody set: made once, stored in DATA_DIR for their owner only, the same at every start."""

import os
import secrets
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The secret in `path` (43 URL-safe characters, 256 bits), made and stored with mode 0600 when there is none."""
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    return kept or _made(path)


def write_private(path: Path, text: str) -> None:
    """Replace `path` whole, readable by its owner only; a crash leaves the old text or the new, never half."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _made(path: Path) -> str:
    secret = secrets.token_urlsafe(32)
    write_private(path, f"{secret}\n")
    return secret
