"""The form bodies that Africa's Talking posts: fields, their order and their spelling (contract §1.1, §1.6, §2).

Pure: values in, bytes out. It must not know when or where they are posted.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from gateway.simulator.switches import Switches

SANDBOX_NETWORK = "99999"
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Ending:
    """What the end-of-session event tells. `status` is Success, Incomplete or Failed; `millis` the session's length."""

    at: datetime
    status: str
    millis: int
    hops: int
    metadata: tuple[str, ...]
    transcript: str
    last_answer: str
    error: str = ""


@dataclass(frozen=True)
class Caller:
    """Who is in the session: session id, E.164 phone, code dialled and the handset's network code."""

    session: str
    phone: str
    code: str
    network: str


def form(fields: Fields) -> bytes:
    """`fields` as application/x-www-form-urlencoded, UTF-8: `+` is %2B, `*` is %2A, a space is `+`."""
    return urlencode(fields).encode("ascii")


def hop(caller: Caller, text: str, switches: Switches) -> Fields:
    """One interactive callback, in the order of the captures (§1.1)."""
    if switches.at_sign_garbled:
        text = text.replace("@", "¡")
    fields = (
        ("phoneNumber", phone_as(caller.phone, switches)),
        ("serviceCode", code_as(caller.code, switches)),
        ("text", text),
        ("sessionId", caller.session),
    )
    return fields + network_field(caller.network, switches)


def ended(caller: Caller, ending: Ending, switches: Switches) -> Fields:
    """The end-of-session event (§1.6); `hopsMetadata` only when a hop had one, `errorMessage` empty unless Failed."""
    return (
        ("date", ending.at.strftime("%Y-%m-%d %H:%M:%S")),
        ("sessionId", caller.session),
        ("serviceCode", code_as(caller.code, switches)),
        *network_field(caller.network, switches),
        ("phoneNumber", phone_as(caller.phone, switches)),
        ("status", ending.status),
        ("cost", "0.1"),
        ("durationInMillis", str(ending.millis)),
        ("hopsCount", str(ending.hops)),
        *((("hopsMetadata", "|".join(ending.metadata)),) if ending.metadata else ()),
        ("input", ending.transcript),
        ("lastAppResponse", ending.last_answer),
        ("errorMessage", ending.error),
    )


def incoming(message_id: str, phone: str, to: str, text: str, at: datetime, network: str, switches: Switches) -> Fields:
    """An incoming message (§2.1); `at` is UTC."""
    date = at.strftime("%Y-%m-%dT%H:%M:%SZ" if switches.sms_date == "iso" else "%Y-%m-%d %H:%M:%S")
    return (
        ("linkId", ""),
        ("text", text),
        ("to", to),
        ("id", message_id),
        ("date", date),
        ("from", phone_as(phone, switches)),
        *network_field(network, switches),
    )


def report(message_id: str, status: str, phone: str, switches: Switches) -> Fields:
    """A delivery report (§2.2); `failureReason` only with Rejected and Failed."""
    reason = (("failureReason", switches.failure_reason),) if status in ("Failed", "Rejected") else ()
    head = (("id", message_id), ("status", status), ("phoneNumber", phone_as(phone, switches)))
    return head + network_field(SANDBOX_NETWORK, switches) + reason


def optout(phone: str, sender: str, switches: Switches) -> Fields:
    """A bulk opt-out (§2.3)."""
    return (("senderId", sender), ("phoneNumber", phone_as(phone, switches)))


def network_field(network: str, switches: Switches) -> Fields:
    """networkCode as a field, or nothing where the switches omit it (§1.8)."""
    if switches.omit_network:
        return ()
    return (("networkCode", SANDBOX_NETWORK if switches.network == "sandbox" else network),)


def phone_as(phone: str, switches: Switches) -> str:
    """The E.164 `phone` as the switches write it: whole, without `+`, or national (07…) for Iraq."""
    if switches.phone_form == "national" and phone.startswith("+964"):
        return "0" + phone[4:]
    return phone if switches.phone_form == "e164" else phone.removeprefix("+")


def code_as(code: str, switches: Switches) -> str:
    """The service code with its channel (*384*12345#) or without (*384#)."""
    if switches.service_code == "without_channel":
        return re.sub(r"^(\*[0-9]+)\*.*#$", r"\1#", code)
    return code
