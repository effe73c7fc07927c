"""`python -m gateway graph`: what an author types, and the files that are then there."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
NAMES = {"menu.svg", *(path.with_suffix(".svg").name for path in (ROOT / "config/services").glob("*.yaml"))}


@pytest.mark.parametrize(("arguments", "folder"), [((), "data/graph"), (("--out", "pictures/new"), "pictures/new")])
def test_it_writes_the_drawings_that_it_names(tmp_path: Path, arguments: tuple[str, ...], folder: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "graph", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    written = {tmp_path / line for line in done.stdout.splitlines()}
    assert written == {tmp_path / folder / name for name in NAMES}
    assert set((tmp_path / folder).iterdir()) == written
    for path in written:
        root = ElementTree.parse(path).getroot()  # noqa: S314 (our own)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [key for each in root.iter() for key in each.keys() if "href" in key or key == "src"]
