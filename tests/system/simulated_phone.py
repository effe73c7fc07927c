"""A handset on the simulator, used through the gateway's own `/phone` page as its script does."""

from typing import Any, Self

import requests

from tests.system.running import until


class SimulatedPhone:
    """One phone on the simulated network."""

    def __init__(self, base: str, phone: str, code: str = "*964#") -> None:
        self.base, self.phone, self.code = base, phone, code
        self.session, self.screen, self.kind = "", "", ""

    def dial(self) -> Self:
        """Dial the service code."""
        return self._show(self._call("dial", {"phone": self.phone, "code": self.code}))

    def press(self, *keys: str) -> Self:
        """Answer the screens in turn."""
        for key in keys:
            assert self.kind == "CON", f"the session is over: {self.screen}"
            self._show(self._call("reply", {"session": self.session, "input": key}))
        return self

    def texts(self, text: str) -> Self:
        """Send an SMS to the service's number."""
        self._call("text", {"phone": self.phone, "to": "5599", "text": text})
        return self

    def inbox(self) -> list[str]:
        """Every SMS received, oldest first."""
        answer = requests.get(f"{self.base}/phone/api/inbox", params={"phone": self.phone}, timeout=15)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return [message["text"] for message in sorted(messages, key=lambda each: each["at"])]

    def gets(self, count: int, *words: str) -> str:
        """The `count`-th SMS, once it is there; it has these words, and no other SMS came with it."""
        found = until(lambda: self._at_least(count), f"SMS number {count}")
        assert len(found) == count, found
        assert all(word in found[-1] for word in words), found[-1]
        return found[-1]

    def _at_least(self, count: int) -> list[str]:
        found = self.inbox()
        return found if len(found) >= count else []

    @property
    def reference(self) -> str:
        """The 8-digit reference on the screen."""
        return next(word for word in self.screen.split() if len(word) == 8 and word.isdecimal())

    def _show(self, screen: dict[str, Any]) -> Self:
        self.session, self.screen, self.kind = screen["session"], screen["text"], screen["kind"]
        assert self.kind != "ERROR", screen
        return self

    def _call(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        answer = requests.post(f"{self.base}/phone/api/{path}", json=body, timeout=15)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
