"""What the network makes of an answer: a screen to go on with, a last screen, or a failure; cut to the handset's room.

Pure. It decides validity (contract §1.3) and room (§6); it must not know sessions or HTTP.
"""

from dataclasses import dataclass
from typing import Literal

from gateway.simulator.callbacks import Answer
from gateway.simulator.switches import Switches
from menus.gsm import cost, is_gsm

Kind = Literal["CON", "END", "ERROR"]
MMI_ERROR = "Connection problem or invalid MMI code."
FOOTERS = {(False, True): "98:More", (True, True): "98:More 00:Back", (True, False): "00:Back"}


@dataclass(frozen=True)
class Screen:
    """One handset screen: `units` are septets or UTF-16 units of the text as sent, `limit` the room in that unit."""

    kind: Kind
    text: str
    units: int = 0
    limit: int = 0
    cut: bool = False
    detail: str = ""


def failed(detail: str) -> Screen:
    """The screen of a session that the network ended; `detail` is for the person testing."""
    return Screen("ERROR", MMI_ERROR, cost(MMI_ERROR), 182, detail=detail)


def judged(answer: Answer, switches: Switches) -> Screen:
    """`answer` as the provider takes it: status 200, text/plain, first bytes `CON ` or `END `; else an ERROR screen."""
    if answer.trouble:
        return failed(answer.trouble)
    if answer.status != 200:
        return failed(f"HTTP status {answer.status}, not 200")
    if switches.strict_prefix and answer.content_type.split(";")[0].strip().lower() != "text/plain":
        return failed(f"Content-Type {answer.content_type or 'missing'}, not text/plain")
    try:
        body = answer.body.decode()
    except UnicodeDecodeError as error:
        return failed(f"the body is not UTF-8 at byte {error.start}")
    width = 4 if switches.strict_prefix else 3
    if body[:width] not in ("CON ", "END ", "CON", "END"):
        return failed(f"Response should start with a CON or an END, not {body[:20]!r}")
    kind: Kind = "CON" if body.startswith("CON") else "END"
    return Screen(kind, body[3:].removeprefix(" "))


def fitted(kind: Kind, text: str, switches: Switches) -> Screen:
    """`text` on a handset whose USSD string holds `screen_octets`: whole, cut, or refused (switch `overlong`)."""
    gsm = is_gsm(text)
    limit = switches.screen_octets * 8 // 7 if gsm else switches.screen_octets // 2
    units = cost(text)
    if units <= limit:
        return Screen(kind, text, units, limit)
    if switches.overlong == "fail":
        return failed(f"the screen has {units} units, the network carries {limit}")
    return Screen(kind, _prefix(text, limit, gsm), units, limit, True, f"cut: {units} units, room for {limit}")


def pages(text: str, limit: int) -> tuple[str, ...]:
    """`text` as the provider's own pager splits it (§1.5): at most `limit` units a page, footer included; 0: whole."""
    if not limit or cost(text) <= limit:
        return (text,)
    gsm, room = is_gsm(text), limit - len("\n98:More 00:Back")
    bodies = []
    while text:
        whole = _prefix(text, room, gsm)
        body = whole if len(whole) == len(text) or "\n" not in whole else whole[: whole.rindex("\n") + 1]
        bodies.append(body.strip("\n"))
        text = text[len(body) :]
    last = len(bodies) - 1
    return tuple(f"{body}\n{FOOTERS[(n > 0, n < last)]}" for n, body in enumerate(bodies))


def _prefix(text: str, room: int, gsm: bool) -> str:
    """The longest start of `text` within `room` units of the whole text's alphabet; never half a surrogate pair."""
    used = 0
    for index, char in enumerate(text):
        used += cost(char) if gsm else len(char.encode("utf-16-be")) // 2
        if used > room:
            return text[: max(index, 1)]
    return text
