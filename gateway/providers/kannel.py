"""Kannel's smsbox over HTTP: the way to an operator's SMPP line.

Owns the wire of `sendsms`: texts as UTF-16BE with coding 2, or as they are with coding 0; reports asked for by an
address that carries an id of our own, so that even a request that nobody answered can be reported on. What an answer
means is here too: it is one line. It must not know the store or the queue.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from gateway.providers import KANNEL, Outcome, Outgoing, Result
from gateway.providers.africastalking_answer import shown
from gateway.providers.wire import TIMEOUT_S, Answer, Broken, Wire, root
from menus.gsm import is_gsm

FINAL_REPORTS = 1 | 2 | 16
"""dlr-mask: delivered, failed, refused by the operator's centre (Kannel user guide, "Delivery Reports")."""
REPORT = "&status=%d&phone=%p&answer=%A&time=%t"
ACCEPTED = ("0:", "3:")
"""Accepted for delivery; queued for later delivery."""
NOT_ROUTABLE = "not_routable"
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Kannel:
    """A `Provider`, for several threads at once.

    `url` is smsbox's (http://host:13013), `report_url` our own address for delivery reports, secret included; `smsc`
    names one of Kannel's lines where it has several.
    """

    name = KANNEL
    recipients = 1
    """Kannel takes many phones, but answers with one word for them all."""

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        sender: str,
        report_url: str,
        smsc: str | None = None,
        *,
        timeout: tuple[float, float] = TIMEOUT_S,
    ) -> None:
        """Raises ValueError for an address, user name or sender that cannot be right."""
        if not username.strip() or not password.strip() or not sender.strip():
            raise ValueError("KANNEL_USERNAME, KANNEL_PASSWORD and KANNEL_SENDER must not be empty")
        self._url = root(url, "KANNEL_URL", "/cgi-bin/sendsms")
        self._report_url, self.sender = report_url, sender
        self._account = {"username": username, "password": password, "from": sender, **({"smsc": smsc} if smsc else {})}
        self._wire = Wire(self._url, timeout)

    def own_id(self, message_id: int, attempt: str) -> str:
        """Ours, and never used twice."""
        return f"{message_id}.{attempt}"

    def send(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """One outcome for each message, in order, a request each. Raises nothing."""
        return [self._one(message) for message in messages]

    def close(self) -> None:
        """Close idle connections; a later send opens new ones."""
        self._wire.close()

    def _one(self, message: Outgoing) -> Outcome:
        if not _PHONE.fullmatch(message.phone):
            return Outcome(message.id, "failed", code="InvalidPhoneNumber")
        said, latency_ms = self._wire.request("GET", f"{self._url}?{self._query(message)}", {})
        if isinstance(said, Broken):
            known = message.own_id if said.outcome == "unsure" else None
            return Outcome(message.id, said.outcome, known, said.code, said.detail, None, latency_ms)
        outcome, code = meaning(said)
        known = message.own_id if outcome in ("sent", "unsure") else None
        detail = "" if outcome == "sent" else shown(said.body)
        lost = code == NOT_ROUTABLE
        return Outcome(message.id, outcome, known, code, detail, None, latency_ms, unroutable=lost)

    def _query(self, message: Outgoing) -> str:
        """The request's query. The report address has Kannel's own escapes in it, which it fills in."""
        plain = is_gsm(message.text)
        text = {"coding": "0", "charset": "UTF-8"} if plain else {"coding": "2", "charset": "UTF-16BE"}
        fields = {**self._account, "to": message.phone, **text}
        fields["text"] = message.text if plain else message.text.encode("utf-16-be")  # type: ignore[assignment]
        if message.own_id is not None:
            fields["dlr-mask"] = str(FINAL_REPORTS)
            fields["dlr-url"] = f"{self._report_url}?id={message.own_id}{REPORT}"
        return urlencode(fields, quote_via=quote)


def meaning(answer: Answer) -> tuple[Result, str]:
    """(outcome, code) of smsbox's answer; only what it says that it did not take may be repeated."""
    said = answer.body[:200].decode("utf-8", "replace").strip()
    if 200 <= answer.status < 300:
        return ("sent", "accepted") if said.startswith(ACCEPTED) else ("unsure", "unreadable")
    if said.startswith("Not routable"):
        return "failed", NOT_ROUTABLE
    if said.startswith("Temporal failure"):
        return "retry", "temporary"
    if answer.status == 400:
        return "failed", "http_400"
    if 300 <= answer.status < 500:
        return ("retry" if answer.status == 429 else "hold"), f"http_{answer.status}"
    return "unsure", f"http_{answer.status}"
