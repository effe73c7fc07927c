"""Decides as whom PostgreSQL runs, since it refuses to run as root, and proves that this user reaches its files.

Modes of directories that are not ours stay as they are, and no user is added. When `nobody` cannot pass a parent
directory (0700, as `mktemp -d` makes), the server gets one capability that lets it pass; where capabilities are not to
be had, programs and data go to a directory of their own that everybody can pass.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import DEVNULL

from gateway.refuge import copied
from gateway.tether import tethered

NOBODY = 65534
PASSES = ("dac_read_search", "dac_override")  # containers often have only the second


@dataclass(frozen=True)
class Account:
    """Who runs a server: `uid` None is ourselves; `passes` is the capability to pass closed directories, if any."""

    uid: int | None = None
    gid: int | None = None
    passes: str = ""

    def command(self, argv: Sequence[str], ask: signal.Signals) -> list[str]:
        """`argv` tied to us (`gateway.tether`), with the capability where one is needed."""
        if not self.passes:
            return tethered(argv, ask)
        # initdb asks access(2), which ignores the capabilities of a user other than root without no_setuid_fixup.
        identity = ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        capability = [f"--{kind}-caps=+{self.passes}" for kind in ("inh", "ambient")]  # codespell:ignore inh
        setpriv = ["setpriv", *identity, "--securebits=+no_setuid_fixup", *capability]
        return [*setpriv, f"--pdeathsig={ask.name.removeprefix('SIG')}", "--", *argv]

    def start(
        self, argv: Sequence[str], ask: signal.Signals, output: int = DEVNULL, given: int = DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start `argv` as this account; `output` and `given` are descriptors of its output and its standard input."""
        plain = not self.passes
        return subprocess.Popen(
            self.command(argv, ask),
            stdin=given,
            stdout=output,
            stderr=output,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd="/",
            process_group=0,  # a Ctrl-C in the terminal is for us alone
            user=self.uid if plain else None,
            group=self.gid if plain else None,
            extra_groups=[] if plain and self.uid is not None else None,
        )


@dataclass(frozen=True)
class Place:
    """Where PostgreSQL lives: its programs, the directory that is its own, who runs it, whether all is a copy."""

    programs: Path
    home: Path
    account: Account
    copied: bool = False


def settle(programs: Path, home: Path) -> Place:
    """The place for a cluster in `home`, run from `programs`; raises `EmbeddedError` when there is none."""
    home.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() != 0:
        return Place(programs, home, Account())
    uid, gid = _owner(home)
    os.chown(home, uid, gid)
    for passes in ("", *PASSES):
        account = Account(uid, gid, passes)
        if _reaches(account, programs, home):
            return Place(programs, home, account)
    account = Account(uid, gid)
    reaches = partial(_reaches, account)
    return Place(*copied(programs, home, (uid, gid), reaches), account, copied=True)


def _owner(home: Path) -> tuple[int, int]:
    # Data made by an ordinary user stay that user's when root starts the gateway on them.
    found = home.stat()
    if found.st_uid != 0:
        return found.st_uid, found.st_gid
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _reaches(account: Account, programs: Path, home: Path) -> bool:
    # `initdb --show` finds its sibling programs, reads its input files and changes nothing.
    probe = ["sh", "-c", 'cd "$1" && exec "$2" --show --locale=C.UTF-8 -D "$1/new"', "sh"]
    try:
        return account.start([*probe, str(home), str(programs / "initdb")], signal.SIGTERM).wait() == 0
    except OSError:
        return False
