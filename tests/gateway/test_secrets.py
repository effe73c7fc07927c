"""Secrets that nobody set: made once, for their owner only, and one for all processes that make them together."""

import threading
from pathlib import Path

import pytest

from gateway.secrets import kept_secret


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    made = kept_secret(path)
    assert len(made) == 43
    assert kept_secret(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["a.key"]


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_text("\n")
    assert len(kept_secret(path)) == 43


@pytest.mark.parametrize("number", range(5))
def test_those_who_make_it_at_the_same_moment_have_the_same(tmp_path: Path, number: int) -> None:
    path, together, found = tmp_path / "a.key", threading.Barrier(8), []

    def make() -> None:
        together.wait()
        found.append(kept_secret(path))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.key"]
