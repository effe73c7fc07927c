"""One HTTP request to a provider over pooled connections: an answer, or how the line broke.

Decides what a broken connection means: only what provably failed before the request was written may be repeated. It
must not know any provider. urllib3 itself: what `requests` adds to it is half of the cost of a small request.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from gateway.providers import Result

TIMEOUT_S = (3.05, 9.05)
CONNECTIONS = 32
IDLE_S = 15.0
"""A pooled connection older than this is not written to: a peer's silent close would leave the message unsure."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `asks_again`: it carried Retry-After."""

    status: int
    body: bytes
    asks_again: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer: what the message's outcome is, a code of `NO_ANSWER` or `certificate`, and the error's name."""

    outcome: Result
    code: str
    detail: str


class Wire:
    """Requests to one root address, for several threads at once."""

    def __init__(
        self, root: str, timeout: tuple[float, float] = TIMEOUT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = _pool(root)
        self._timeout = urllib3.Timeout(connect=timeout[0], read=timeout[1])
        self._clock, self._used_at = clock, clock()
        self._lock, self._in_flight = Lock(), 0

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[Answer | Broken, int]:
        """What came of it, and after how many milliseconds; raises nothing."""
        started = self._clock()
        self._enter(started)
        try:
            said: Answer | Broken = self._ask(method, url, headers, body)
        except (HTTPError, OSError) as error:
            said = broken(error)
        finally:
            self._leave()
        return said, round((self._clock() - started) * 1000)

    def close(self) -> None:
        """Close idle connections."""
        self._pool.clear()

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        reply = self._pool.urlopen(
            method, url, body=body, headers=headers, timeout=self._timeout, retries=False, redirect=False
        )
        return Answer(reply.status, reply.data, "retry-after" in reply.headers)

    def _enter(self, started: float) -> None:
        with self._lock:
            if not self._in_flight and started - self._used_at > IDLE_S:
                self.close()
            self._in_flight += 1

    def _leave(self) -> None:
        with self._lock:
            self._in_flight -= 1
            self._used_at = self._clock()


def root(url: str, name: str, path: str) -> str:
    """The address without a slash at its end, with `path` where it has none; ValueError names the setting."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name}: expected http://host:port or http://host:port{path}")
    return url.rstrip("/") if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}{path}"


def broken(error: BaseException) -> Broken:
    """What an error of the line means for the messages of the request."""
    name = type(error).__name__
    if isinstance(error, SSLError) and isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError):
        return Broken("hold", "certificate", name)
    if isinstance(error, ConnectTimeoutError | NewConnectionError | ProxyError | LocationParseError):
        return Broken("retry", "connect", name)
    return Broken("unsure", "timeout" if isinstance(error, ReadTimeoutError) else "lost", name)


def _pool(address: str) -> urllib3.PoolManager:
    """Through the environment's proxy, as far as it is meant for this host; never for this machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme)
    options = {"num_pools": 4, "maxsize": CONNECTIONS, "block": False, "ca_certs": certifi.where()}
    if proxy is None or host in ("127.0.0.1", "localhost", "::1") or proxy_bypass(host):
        return urllib3.PoolManager(**options)  # type: ignore[arg-type]
    return urllib3.ProxyManager(proxy if "://" in proxy else f"http://{proxy}", **options)  # type: ignore[arg-type]
