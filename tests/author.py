"""An author at work: a copy of `config/` with a few words changed."""

import shutil
from pathlib import Path

from gateway.settings import ROOT

Edit = tuple[str, str]
"""What stood in a file, and what stands there now."""


def edited(folder: Path, file: str, *edits: Edit) -> Path:
    """A copy of config/ in `folder`, with the first of each old text in `file` replaced."""
    config = Path(shutil.copytree(ROOT / "config", folder / "config"))
    path = config / file
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")
    return config
