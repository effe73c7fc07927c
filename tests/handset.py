"""A basic phone for tests: it speaks Africa's Talking's wire to the gateway and reads like a citizen.

handset.dial().sees("Missan services").press("2").sees("Water service?")
"""

import itertools
import uuid
from collections.abc import Callable, Mapping
from typing import Self

from menus.gsm import cost, is_gsm

Post = Callable[[str, Mapping[str, str]], tuple[int, str]]
"""(path below the callback base, form fields) -> (HTTP status, body)."""

_PHONES = itertools.count(7_701_000_000)


def new_phone() -> str:
    """A phone that no other test of this process uses."""
    return f"+964{next(_PHONES)}"


class Handset:
    """One phone with one SIM. `screen` is what it shows now, prefix included."""

    def __init__(self, post: Post, phone: str | None = None, code: str = "*964#", network: str = "41820") -> None:
        self.post, self.phone, self.code, self.network = post, phone or new_phone(), code, network
        self.session, self.transcript, self.screen = "", "", ""

    def dial(self, tail: str = "") -> Self:
        """Open a new session; `tail` is a dialled shortcut such as `2*1`."""
        self.session, self.transcript = f"ATUid_{uuid.uuid4().hex}", tail
        return self.send()

    def press(self, *keys: str) -> Self:
        """Answer the screens in turn."""
        for key in keys:
            assert self.screen.startswith("CON "), f"the session is over: {self.screen}"
            self.transcript = f"{self.transcript}*{key}" if self.transcript else key
            self.send()
        return self

    def send(self) -> Self:
        """Deliver the present transcript (again)."""
        status, body = self.post(
            "ussd",
            {
                "phoneNumber": self.phone,
                "serviceCode": self.code,
                "text": self.transcript,
                "sessionId": self.session,
                "networkCode": self.network,
            },
        )
        assert status == 200, body
        assert body.startswith(("CON ", "END ")), body
        text = body[4:]
        assert cost(text) <= (182 if is_gsm(text) else 80), f"too long for a screen: {cost(text)} {text}"
        self.screen = body
        return self

    def sees(self, *texts: str) -> Self:
        """Every text is on the screen."""
        for text in texts:
            assert text in self.screen, f"{text!r} is not on the screen: {self.screen!r}"
        return self

    def ends(self, *texts: str) -> Self:
        """The session is over, with these texts."""
        assert self.screen.startswith("END "), self.screen
        return self.sees(*texts)

    @property
    def reference(self) -> str:
        """The 8-digit reference on the screen."""
        return next(word for word in self.screen.split() if len(word) == 8 and word.isdecimal())

    def texts(self, text: str, message_id: str | None = None) -> Self:
        """Send an SMS to the gateway."""
        status, body = self.post(
            "sms",
            {
                "linkId": "",
                "text": text,
                "to": "5599",
                "id": message_id or str(uuid.uuid4()),
                "date": "2026-01-02 03:04:05",
                "from": self.phone,
                "networkCode": self.network,
            },
        )
        assert status == 200, body
        return self
