"""Where the web processes of one start keep what they count, so that any of them can tell for all.

Decides: the directory. Must not import prometheus_client, which looks for it when it is imported.
"""

import os
import shutil
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share(data_dir: Path) -> None:
    """An empty directory for this start, named in the environment; one web part for a DATA_DIR."""
    directory = data_dir / "metrics"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    os.environ[VARIABLE] = str(directory)
