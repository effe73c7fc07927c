"""What an Africa's Talking answer to a send means for each recipient.

Decides an outcome from status, body and per-recipient codes; it must not know sockets, the SDK or the store.
The rule everywhere: only what is certainly not taken may be repeated, the rest is `unsure` (docs/adr/0004-unsure.md).
"""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.providers import Outcome, Outgoing, Result
from gateway.providers.wire import Answer

RECIPIENT_CODES: dict[int, tuple[str, Result]] = {
    100: ("Processed", "sent"),
    101: ("Sent", "sent"),
    102: ("Queued", "sent"),
    401: ("RiskHold", "hold"),
    402: ("InvalidSenderId", "hold"),
    403: ("InvalidPhoneNumber", "failed"),
    404: ("UnsupportedNumberType", "failed"),
    405: ("InsufficientBalance", "hold"),
    406: ("UserInBlacklist", "failed"),
    407: ("CouldNotRoute", "failed"),
    409: ("DoNotDisturbRejection", "failed"),
    500: ("InternalServerError", "retry"),
    501: ("GatewayError", "retry"),
    502: ("RejectedByGateway", "retry"),
}
TRIES = {502: 3}
COULD_NOT_ROUTE = 407
NAMES = {name.casefold(): code for code, (name, _) in RECIPIENT_CODES.items()} | {"success": 101}
_NO_DIGIT = re.compile(r"[^0-9]")
OUR_SETTINGS = frozenset({401, 402, 403, 404, 405, 407})
"""HTTP statuses that speak of the account, its key or the address, not of one message."""


class _Recipient(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    number: str
    status: str = ""
    code: int | None = Field(default=None, alias="statusCode")
    provider_id: str | None = Field(default=None, alias="messageId")
    cost: str | None = None


class _Data(BaseModel):
    message: str = Field(default="", alias="Message")
    recipients: list[_Recipient] = Field(alias="Recipients")


class _Body(BaseModel):
    data: _Data = Field(alias="SMSMessageData")


def outcomes(answer: Answer, messages: Sequence[Outgoing], latency_ms: int) -> list[Outcome]:
    """One outcome for each message of the request that got this answer, in order."""
    if not 200 <= answer.status < 300:
        return everyone(messages, _of_status(answer), f"http_{answer.status}", shown(answer.body), latency_ms)
    try:
        data = _Body.model_validate_json(answer.body).data
    except ValidationError:
        return everyone(messages, "unsure", "unreadable", shown(answer.body), latency_ms)
    if not data.recipients:
        return _nobody(data.message, messages, latency_ms)
    listed: dict[str, _Recipient] = {}
    for recipient in data.recipients:
        listed.setdefault(_digits(recipient.number), recipient)
    return [_of_recipient(message, listed.get(_digits(message.phone)), latency_ms) for message in messages]


def everyone(
    messages: Sequence[Outgoing], outcome: Result, code: str, detail: str = "", latency_ms: int = 0
) -> list[Outcome]:
    """The same outcome for each message."""
    return [Outcome(m.id, outcome, code=code, detail=detail, latency_ms=latency_ms) for m in messages]


def _of_status(answer: Answer) -> Result:
    if answer.status in OUR_SETTINGS or 300 <= answer.status < 400:
        return "hold"
    if 400 <= answer.status < 500 or (answer.status == 503 and answer.asks_again):
        return "retry"
    return "unsure"


def _nobody(reason: str, messages: Sequence[Outgoing], latency_ms: int) -> list[Outcome]:
    """An empty list: the text is a reason's name (InvalidSenderId), or says how many were sent."""
    code = NAMES.get(reason.strip().casefold())
    if code is not None and RECIPIENT_CODES[code][1] != "sent":
        return everyone(messages, RECIPIENT_CODES[code][1], RECIPIENT_CODES[code][0], latency_ms=latency_ms)
    certain = reason.startswith("Sent to 0/")
    return everyone(messages, "retry" if certain else "unsure", "no_recipients", shown(reason.encode()), latency_ms)


def _of_recipient(message: Outgoing, found: _Recipient | None, latency_ms: int) -> Outcome:
    if found is None:
        return Outcome(message.id, "unsure", code="not_listed", latency_ms=latency_ms)
    code = found.code if found.code is not None else NAMES.get(found.status.casefold(), 0)
    name, outcome = RECIPIENT_CODES.get(code, (f"unknown_{code}", "unsure"))
    provider_id = found.provider_id if found.provider_id not in (None, "", "None") else None
    lost = code == COULD_NOT_ROUTE
    return Outcome(message.id, outcome, provider_id, name, "", found.cost, latency_ms, TRIES.get(code), lost)


def _digits(number: str) -> str:
    return _NO_DIGIT.sub("", number)


def shown(body: bytes) -> str:
    """The start of a body for a person to read, without the phone numbers that some servers echo."""
    return re.sub(r"[\d+]{5,}", "…", body[:200].decode("utf-8", "replace")).replace("\0", "").strip()
