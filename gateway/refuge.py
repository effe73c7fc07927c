"""Copies PostgreSQL's programs, and gives its data a home, where an unprivileged user can pass; the last resort."""

import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from gateway.embedded import EmbeddedError

# Made with mkdir, and refused when it is there and somebody else's.
BASES = (Path("/var/lib"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108
log = logging.getLogger(__name__)


def copied(
    programs: Path, home: Path, owner: tuple[int, int], reaches: Callable[[Path, Path], bool]
) -> tuple[Path, Path]:
    """Programs and home under a directory that `reaches` accepts; raises `EmbeddedError` when no base has one."""
    for base in BASES:
        refuge = base / f"missan-gateway-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
        try:
            found = _filled(refuge, programs, owner)
        except OSError:
            continue
        if reaches(*found):
            log.warning("PostgreSQL cannot pass the directories above %s: its data is in %s", home, found[1])
            return found
        shutil.rmtree(refuge)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and user {owner[0]} reaches neither {home} nor a copy of it.\n"
        "Run as an ordinary user, or set DATA_DIR to a directory that everybody can pass, or set DATABASE_URL."
    )


def _filled(refuge: Path, programs: Path, owner: tuple[int, int]) -> tuple[Path, Path]:
    refuge.mkdir(exist_ok=True)
    if refuge.stat().st_uid != os.geteuid():
        raise PermissionError(f"{refuge} belongs to somebody else")
    refuge.chmod(0o755)
    package = programs.parent.parent
    for source in filter(Path.is_dir, (package, package.with_name(f"{package.name}.libs"))):
        shutil.rmtree(refuge / source.name, ignore_errors=True)
        shutil.copytree(source, refuge / source.name)
        _open_to_read(refuge / source.name)
    home = refuge / "postgres"
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, *owner)
    return refuge / programs.relative_to(package.parent), home


def _open_to_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
