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


def publish(data_dir: Path, config: Path = ROOT / "config") -> Content:
    """Check `config`, keep it as a version, and make every process of this DATA_DIR take it. ContentError."""
    content = keep(data_dir, config)
    pointer = _folder(data_dir) / CURRENT
    fresh = pointer.with_name(f".{CURRENT}.{os.getpid()}")
    fresh.write_text(content.digest)
    fresh.replace(pointer)
    return content


def published(data_dir: Path) -> Content:
    """The version that processes of this DATA_DIR use; that of config/ when none was published. ContentError."""
    version = None
    with suppress(OSError):
        version = _folder(data_dir) / (_folder(data_dir) / CURRENT).read_text().strip() / "config"
    return load_content(version if version and version.is_dir() else ROOT / "config")


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


def follow(versions: Versions, data_dir: Path, every_s: float = EVERY_S) -> threading.Thread:
    """Take each version that is published from now on, in a thread of its own that ends with the process."""
    thread = threading.Thread(target=_follow, args=(versions, data_dir, every_s), name="reload", daemon=True)
    thread.start()
    return thread


def _follow(versions: Versions, data_dir: Path, every_s: float) -> None:
    pointer, seen = _folder(data_dir) / CURRENT, _stamp(_folder(data_dir) / CURRENT)
    with suppress(OSError):
        _remember_earlier(versions, data_dir)
    while True:
        time.sleep(every_s)
        stamp = _stamp(pointer)
        if stamp == seen:
            continue
        seen = stamp
        try:
            take(versions, data_dir)
        except (OSError, ContentError) as error:
            log.error("the new content cannot be taken, the old one stays: %s", error)


def take(versions: Versions, data_dir: Path) -> None:
    """Use the version that is published now. OSError, ContentError."""
    digest = (_folder(data_dir) / CURRENT).read_text().strip()
    if digest != versions.current.digest:
        versions.take(versions.of(digest) or load_content(_folder(data_dir) / digest / "config"))
        log.info("content %s is in use", digest)


def _remember_earlier(versions: Versions, data_dir: Path) -> None:
    """A process that starts after an edit meets sessions that began before it."""
    for version in _newest(_folder(data_dir)):
        if versions.of(version.name) is None:
            with suppress(ContentError):  # what an older program took and this one refuses: its sessions are carried
                versions.remember(load_content(version / "config"))


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


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
