"""Africa's Talking bulk SMS through its own SDK, made safe for a queue: pooled, bounded in time, errors as data.

Owns the wire's form (fields and headers are the SDK's own); what an answer means is in `africastalking_answer`, what a
broken connection means in `wire`. It must not know the store or the queue.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from africastalking.SMS import SMSService

from gateway.providers import AFRICASTALKING, Outcome, Outgoing, grouped
from gateway.providers.africastalking_answer import everyone, outcomes
from gateway.providers.wire import TIMEOUT_S, Answer, Broken, Wire, root

RECIPIENTS = 100
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


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
        max_recipients: int = RECIPIENTS,
        timeout: tuple[float, float] = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError for a user name that only resembles `sandbox` (the SDK would send it to the live API)."""
        if username != "sandbox" and username.strip().casefold() == "sandbox":
            raise ValueError("AT_USERNAME: write exactly 'sandbox', or the live account's name")
        if not username.strip() or not api_key.strip():
            raise ValueError("AT_USERNAME and AT_API_KEY must not be empty")
        address = base_url and root(base_url, "AT_BASE_URL", "/version1")
        self._sdk = _PooledSMSService(username, api_key, address, timeout, clock)
        self.sender, self.recipients = sender_id or "", max_recipients

    def own_id(self, message_id: int, attempt: str) -> None:
        """None: the provider names its messages itself."""

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One outcome for each message, in order; identical texts share a request. Raises nothing."""
        valid = [message for message in messages if _PHONE.fullmatch(message.phone)]
        done = {m.id: Outcome(m.id, "failed", code="InvalidPhoneNumber") for m in messages} if messages != valid else {}
        for group in grouped(valid, self.recipients):
            done |= {outcome.message_id: outcome for outcome in self._request(group)}
        return [done[message.id] for message in messages]

    def close(self) -> None:
        """Close idle connections; a later send opens new ones."""
        self._sdk.wire.close()

    def _request(self, group: Sequence[Outgoing]) -> list[Outcome]:
        said, latency_ms = self._sdk.send(group[0].text, [message.phone for message in group], self.sender or None)
        if isinstance(said, Broken):
            return everyone(group, said.outcome, said.code, said.detail, latency_ms)
        return outcomes(said, group, latency_ms)


class _PooledSMSService(SMSService):  # type: ignore[misc]
    """The SDK's sender with its gaps closed: connections kept, the HTTP status kept, no recipient checked twice."""

    def __init__(
        self, username: str, api_key: str, address: str | None, timeout: tuple[float, float], clock: Callable[[], float]
    ) -> None:
        self._address = address
        super().__init__(username, api_key)
        self.wire = Wire(self._baseUrl, timeout, clock)

    def _init_service(self) -> None:
        super()._init_service()
        if self._address is not None:
            self._baseUrl = self._contentUrl = self._address

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Any,
        params: Any,
        callback: None = None,
        timeout: None = None,
    ) -> tuple[Answer | Broken, int]:
        """The answer whatever its status and content type, and its milliseconds; raises nothing."""
        form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self.wire.request(method, url, form, urlencode(data).encode("ascii"))
