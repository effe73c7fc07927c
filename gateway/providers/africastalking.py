"""Africa's Talking bulk SMS through its own SDK, made safe for a queue: pooled, bounded in time, errors as data.

Owns the wire (session, time-outs, address, what a broken connection means); what an answer means is in
`africastalking_answer`. It must not know the store or the queue.
"""

import re
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from africastalking.SMS import SMSService
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from gateway.providers import AFRICASTALKING, Outcome, Outgoing, Result, grouped
from gateway.providers.africastalking_answer import Answer, everyone, outcomes

TIMEOUT_S = (3.05, 9.05)
CONNECTIONS = 16
IDLE_S = 15.0
"""A pooled connection older than this is not written to: a peer's silent close would leave the message unsure."""


class AfricasTalking:
    """A `Provider`, for several threads at once.

    `base_url` (http://host:port or http://host:port/version1) replaces the account's own address.
    """

    name = AFRICASTALKING

    def __init__(
        self,
        username: str,
        api_key: str,
        sender_id: str | None = None,
        base_url: str | None = None,
        *,
        max_recipients: int = 100,
        timeout: tuple[float, float] = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError for a user name that only resembles `sandbox` (the SDK would send it to the live API)."""
        if username != "sandbox" and username.strip().casefold() == "sandbox":
            raise ValueError("AT_USERNAME: write exactly 'sandbox', or the live account's name")
        if not username.strip() or not api_key.strip():
            raise ValueError("AT_USERNAME and AT_API_KEY must not be empty")
        self._wire = _PooledSMSService(username, api_key, base_url and _root(base_url))
        self._sender_id, self._max_recipients = sender_id or None, max_recipients
        self._timeout, self._clock, self._used_at = timeout, clock, clock()
        self._lock, self._in_flight = Lock(), 0

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One outcome for each message, in order; identical texts share a request. Raises nothing."""
        valid = [m for m in messages if re.fullmatch(r"\+[1-9][0-9]{6,14}", m.phone)]
        done = {m.id: Outcome(m.id, "failed", code="InvalidPhoneNumber") for m in messages}
        for group in grouped(valid, self._max_recipients):
            done |= {outcome.message_id: outcome for outcome in self._request(group)}
        return [done[m.id] for m in messages]

    def close(self) -> None:
        """Close the pooled connections; a later send opens new ones."""
        self._wire.session.close()

    def _request(self, group: Sequence[Outgoing]) -> list[Outcome]:
        started = self._clock()
        self._enter(started)
        try:
            answer = self._wire.send(group[0].text, [m.phone for m in group], self._sender_id, timeout=self._timeout)
        except requests.RequestException as error:
            outcome, code = _broken(error)
            return everyone(group, outcome, code, type(error).__name__, self._since(started))
        finally:
            self._leave()
        return outcomes(answer, group, self._since(started))

    def _enter(self, started: float) -> None:
        with self._lock:
            if not self._in_flight and started - self._used_at > IDLE_S:
                self.close()
            self._in_flight += 1

    def _leave(self) -> None:
        with self._lock:
            self._in_flight -= 1
            self._used_at = self._clock()

    def _since(self, started: float) -> int:
        return round((self._clock() - started) * 1000)


class _PooledSMSService(SMSService):  # type: ignore[misc]
    """The SDK's sender with its two gaps closed: one session for all calls, and the HTTP status kept."""

    def __init__(self, username: str, api_key: str, root: str | None) -> None:
        self._root = root
        self.session = requests.Session()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
        self.session.trust_env = root is None or urlsplit(root).hostname not in ("127.0.0.1", "localhost", "::1")
        super().__init__(username, api_key)

    def _init_service(self) -> None:
        super()._init_service()
        if self._root is not None:
            self._baseUrl = self._contentUrl = self._root

    def _make_request(
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        data: Any,
        params: Any,
        callback: None = None,
        timeout: tuple[float, float] = TIMEOUT_S,
    ) -> Answer:
        """The answer whatever its status and content type; raises requests.RequestException only."""
        reply = self.session.request(
            method, url, headers=headers, data=data, params=params, timeout=timeout, allow_redirects=False
        )
        return Answer(reply.status_code, reply.content, "retry-after" in reply.headers)


def _root(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("AT_BASE_URL: expected http://host:port or http://host:port/version1")
    return base_url.rstrip("/") if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}/version1"


def _broken(error: requests.RequestException) -> tuple[Result, str]:
    """Only what provably failed before the request was written may be repeated."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "hold", "certificate"
    if any(
        isinstance(c, requests.ConnectTimeout | requests.exceptions.ProxyError | NewConnectionError) for c in causes
    ):
        return "retry", "connect"
    return "unsure", "timeout" if isinstance(error, requests.Timeout) else "lost"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, by requests' and urllib3's habit of `args` and `reason`."""
    yield error
    for inner in (*error.args[:1], getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner)
