"""Decides which TCP port a local server listens on: kept from one start to the next, chosen anew when it is taken."""

import errno
import random
import socket
from contextlib import closing
from pathlib import Path

QUIET = range(20_000, 32_000)
"""Below those that systems give to outgoing connections (Linux 32768 to 60999, RFC 6335 §6 from 49152 on): one of these
is still free when the server that it was chosen for has started."""
TRIES = 50


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on (`host`, `port`) now; raises `OSError` when `host` is not an address of ours."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with closing(socket.socket(family, kind, protocol)) as probe:
        # What servers do: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def any_port(preferred: int | None = None) -> int:
    """A free loopback port: `preferred` when it is one, else one that no outgoing connection gets meanwhile."""
    if preferred and preferred <= 65535 and is_free(preferred):
        return preferred
    for port in random.SystemRandom().sample(QUIET, TRIES):
        if is_free(port):
            return port
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_port(path: Path) -> int:
    """The port written in `path` when it is still free, else a new one, which is then written there."""
    try:
        kept = int(path.read_text())
    except (OSError, ValueError):
        kept = None
    port = any_port(kept)
    path.write_text(f"{port}\n")
    return port
