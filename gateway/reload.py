"""Live edits: a new version of `config/` is checked, kept in DATA_DIR, and taken by every process within a second.

Decides: how a version travels from the operator's edit to the running parts. Must not know: what content says.
A version is a copy of the YAML files named by its digest, so that a process that starts later still finds the version
that sessions began with. Redis and the store are not asked: a reload works without them.
"""

import logging
import os
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from gateway.settings import ROOT
from gateway.versions import KEPT, Versions
from menus.content import Content
from menus.load import load_content
from menus.yaml_source import ContentError

log = logging.getLogger(__name__)

EVERY_S = 0.5
CURRENT = "current"
"""File beside the versions: the digest of the one to use."""
Stamp = tuple[int, int]
"""Of that file: when it was written, and its inode."""


def publish(data_dir: Path, config: Path = ROOT / "config") -> Content:
    """Check `config`, keep it as a version, and make every process of this DATA_DIR take it. ContentError."""
    content = keep(data_dir, config)
    pointer = _folder(data_dir) / CURRENT
    fresh = pointer.with_name(f".{CURRENT}.{os.getpid()}")
    fresh.write_text(content.digest)
    fresh.replace(pointer)
    return content


def published(data_dir: Path) -> Content:
    """The version that processes of this DATA_DIR use; that of config/ when none was published. ContentError.

    What an older release published and this one refuses keeps nothing from starting: config/ came with the release.
    """
    try:
        return kept(data_dir, (_folder(data_dir) / CURRENT).read_text().strip())
    except OSError:
        return load_content(ROOT / "config")
    except ContentError as error:
        log.error("the published content is refused by this release; config/ is used until a reload: %s", error)
        return load_content(ROOT / "config")


def keep(data_dir: Path, config: Path = ROOT / "config") -> Content:
    """Copy `config` to the versions under its digest, if it is not there, and read it. ContentError."""
    content = load_content(config)
    target = _folder(data_dir) / content.digest
    if not target.exists():
        scratch = target.with_name(f".{content.digest}.{os.getpid()}.{threading.get_ident()}")
        for path in sorted(config.rglob("*.yaml")):
            copy = scratch / "config" / path.relative_to(config)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        if load_content(scratch / "config").digest != content.digest:
            shutil.rmtree(scratch)
            raise ContentError([f"{config.name}:1: the files changed while they were read; reload again"])
        with suppress(OSError):  # another process was first
            scratch.replace(target)
        shutil.rmtree(scratch, ignore_errors=True)
        _forget_old(_folder(data_dir))
    return content


def is_kept(data_dir: Path, digest: str) -> bool:
    """Whether this version can be read."""
    return (data_dir / "content" / digest / "config").is_dir()


def kept(data_dir: Path, digest: str) -> Content:
    """A version that was published here. OSError, ContentError."""
    return load_content(data_dir / "content" / digest / "config")


def follow(versions: Versions, data_dir: Path, every_s: float = EVERY_S) -> threading.Thread:
    """Take the version that is published, and each one after it, in a thread of its own that ends with the process."""
    thread = threading.Thread(target=_follow, args=(versions, data_dir, every_s), name="reload", daemon=True)
    thread.start()
    return thread


def _follow(versions: Versions, data_dir: Path, every_s: float) -> None:
    seen = _looked(versions, data_dir, None)  # something may have been published since this process read it
    with suppress(OSError):
        _remember_earlier(versions, data_dir)
    while True:
        time.sleep(every_s)
        seen = _looked(versions, data_dir, seen)


def _looked(versions: Versions, data_dir: Path, seen: Stamp | None) -> Stamp | None:
    """Take what is published, when the pointer is not as it was `seen`; the pointer as it is now."""
    stamp = _stamp(_folder(data_dir) / CURRENT)
    if stamp is None or stamp == seen:
        return stamp
    try:
        take(versions, data_dir)
    except (OSError, ContentError) as error:
        log.error("the new content cannot be taken, the old one stays: %s", error)
    return stamp


def take(versions: Versions, data_dir: Path) -> None:
    """Use the version that is published now. OSError, ContentError."""
    digest = (_folder(data_dir) / CURRENT).read_text().strip()
    if digest != versions.current.digest:
        versions.take(versions.of(digest) or kept(data_dir, digest))
        log.info("content %s is in use", digest)


def _remember_earlier(versions: Versions, data_dir: Path) -> None:
    """A process that starts after an edit meets sessions that began before it."""
    for version in _newest(_folder(data_dir)):
        if versions.of(version.name) is None:
            with suppress(ContentError):  # what an older program took and this one refuses: its sessions are carried
                versions.remember(kept(data_dir, version.name))


def _newest(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[: KEPT + 1]


def _forget_old(folder: Path) -> None:
    newest = set(_newest(folder))
    for path in folder.iterdir():
        if path.is_dir() and path not in newest and not path.name.startswith("."):
            shutil.rmtree(path, ignore_errors=True)


def _folder(data_dir: Path) -> Path:
    folder = data_dir / "content"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
