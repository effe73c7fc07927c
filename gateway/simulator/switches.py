"""How the far side behaves today: each way in which a provider or a network was seen, or feared, to differ.

It decides names, defaults and what is refused; it must not know how a switch is acted upon.
"""

from threading import Lock
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Seconds = Annotated[float, Field(ge=0, le=86_400)]


class SwitchError(ValueError):
    """A switch is unknown or its value is refused; `str()` tells the operator which, and what exists."""


class Switches(BaseModel):
    """The far side's behaviour, whole and frozen. Defaults are what the contract holds most certain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # USSD, what we send
    first_text: Literal["empty", "dialled"] = Field("empty", description="first `text` of *code*1*2#: empty, or 1*2")
    empty_send: Literal["trailing_star", "unchanged"] = Field(
        "trailing_star", description="an empty reply: `P*`, or the same text again"
    )
    at_sign_garbled: bool = Field(False, description="a typed @ arrives as ¡ (U+00A1)")
    callback_charset: bool = Field(True, description="our form posts say `; charset=UTF-8`")
    omit_network: bool = Field(False, description="leave networkCode out")
    network: Literal["live", "sandbox"] = Field("live", description="networkCode: the handset's, or always 99999")
    service_code: Literal["with_channel", "without_channel"] = Field(
        "with_channel", description="*384*12345# is reported whole, or as *384#"
    )
    phone_form: Literal["e164", "missing_plus", "national"] = Field("e164", description="how phoneNumber is written")
    hop_delivery: Literal["once", "duplicate", "concurrent", "reordered", "late_duplicate"] = Field(
        "once",
        description="each hop is posted once; twice; twice at once; followed by the hop before it; or again after END",
    )
    hop_metadata: bool = Field(True, description="echo our at-ussd-hop-metadata header on the next hop")
    end_event: Literal["after", "before", "never", "twice"] = Field(
        "after", description="the end-of-session event: after the last hop, before it (the hop follows), never, twice"
    )
    idle_seconds: Seconds = Field(180, description="silence after which the network ends a session; 0: never")

    # USSD, what we accept
    answer_seconds: Seconds = Field(10, description="how long we wait for an answer to any callback")
    strict_prefix: bool = Field(True, description="only `CON `/`END ` count; otherwise any text that starts CON/END")
    pager: Annotated[int, Field(ge=0, le=1000)] = Field(
        0, description="characters after which we page with `98:More 00:Back` (160, 184); 0: off"
    )
    screen_octets: Annotated[int, Field(ge=20, le=160)] = Field(
        160, description="room of one USSD string: 160 is 182 septets or 80 UCS-2 units, 140 is 160 or 70"
    )
    overlong: Literal["cut", "fail"] = Field("cut", description="a screen too long is cut, or ends the session")

    # SMS to us, and reports
    minute_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        60, description="how long the provider's minute lasts here: unanswered SMS and reports repeat each minute"
    )
    sms_delivery: Literal["once", "duplicate", "concurrent"] = Field("once", description="how often an MO is posted")
    sms_date: Literal["iso", "space"] = Field("iso", description="2026-01-02T03:04:05Z, or 2026-01-02 03:04:05")
    report: Literal[
        "normal", "success_only", "early", "late", "out_of_order", "twice", "unknown_status", "unknown_id", "never"
    ] = Field("normal", description="delivery reports of an accepted message: which, in what order, when")
    report_status: Literal["Success", "Failed", "Rejected", "Expired", "AbsentSubscriber"] = Field(
        "Success", description="the last status reported"
    )
    failure_reason: str = Field("DeliveryFailure", max_length=60, description="failureReason of Failed and Rejected")
    report_seconds: Seconds = Field(1, description="time from accepting a message to its last report")

    # SMS from us
    accepted_status: Literal[200, 201] = Field(201, description="HTTP status of an accepted send")
    json_charset: bool = Field(False, description="answer `application/json; charset=utf-8`")
    xml_without_accept: bool = Field(True, description="answer XML unless Accept names application/json")
    invalid_sender: bool = Field(False, description="201, InvalidSenderId, no recipients")
    recipient_codes: tuple[Annotated[int, Field(ge=0, le=999)], ...] = Field(
        (), description="codes given to recipients in turn, round and round; 0 leaves one out; empty: by the number"
    )
    unauthorised: bool = Field(False, description="401 text/plain whatever the key")
    refuse_status: Literal[0, 400, 429, 500, 502, 503] = Field(0, description="answer this and accept nothing")
    response: Literal["sent", "lost", "stalled"] = Field(
        "sent", description="after accepting: answer, drop the connection, or say nothing for stall_seconds"
    )
    stall_seconds: Seconds = Field(60, description="length of a stall")
    optout_notice: bool = Field(False, description="add opt-out instructions to a phone's first message")


class SwitchBoard:
    """The switches in force, changed at run time by whole values."""

    def __init__(self, switches: Switches | None = None) -> None:
        self._lock = Lock()
        self.now = switches or Switches()

    def change(self, patch: dict[str, object]) -> Switches:
        """Apply `patch` wholly or not at all; raises `SwitchError`."""
        with self._lock:
            self.now = changed(self.now, patch)
            return self.now


def changed(switches: Switches, patch: dict[str, object]) -> Switches:
    """`switches` with `patch` laid over it; raises `SwitchError` naming the known switches or the refused values."""
    unknown = sorted(set(patch) - set(Switches.model_fields))
    if unknown:
        raise SwitchError(f"unknown: {', '.join(unknown)}; known: {', '.join(Switches.model_fields)}")
    try:
        return Switches.model_validate(switches.model_dump() | patch)
    except ValidationError as error:
        raise SwitchError("; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())) from None
