"""Handsets' messages to the gateway, and opt-outs: posted until a 200, each minute for 12 hours (contract §2).

It must not know what the gateway does with them.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway.simulator import wire
from gateway.simulator.callbacks import Answer, Callbacks, Route
from gateway.simulator.mailboxes import Mailboxes, Sent
from gateway.simulator.switches import SwitchBoard
from gateway.simulator.timers import Timers
from gateway.simulator.ussd import utc_now

MAX_TRIES = 720


class Persistence:
    """Posts a callback until it is answered 200, once a (scaled) minute, at most MAX_TRIES times."""

    def __init__(self, callbacks: Callbacks, board: SwitchBoard, timers: Timers) -> None:
        self._callbacks, self._board, self._timers = callbacks, board, timers

    def post(self, route: Route, fields: wire.Fields, told: Callable[[int, Answer], None] | None = None) -> None:
        """Post `fields` now and again until 200; `told(tries, answer)` hears of each try. Blocks for the first."""
        self._attempt(route, fields, told, 1)

    def _attempt(
        self, route: Route, fields: wire.Fields, told: Callable[[int, Answer], None] | None, tries: int
    ) -> None:
        answer = self._callbacks.post(route, fields)
        if told is not None:
            told(tries, answer)
        if answer.status != 200 and tries < MAX_TRIES:
            again = lambda: self._attempt(route, fields, told, tries + 1)  # noqa: E731
            self._timers.after(self._board.now.minute_seconds, again)


class IncomingSms:
    """The network's way for handsets' messages."""

    def __init__(
        self,
        persistence: Persistence,
        mailboxes: Mailboxes,
        board: SwitchBoard,
        timers: Timers,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._persistence, self._mailboxes, self._board = persistence, mailboxes, board
        self._timers, self._clock = timers, clock
        self.opted_out: set[str] = set()

    def send(self, phone: str, to: str, text: str, network: str) -> Sent:
        """Take a message from a handset; it is posted in the background."""
        message = self._mailboxes.post(str(uuid.uuid4()), phone, to, text, self._clock(), network)
        for _ in range(2 if self._board.now.sms_delivery == "concurrent" else 1):
            self._timers.now(lambda: self._carry(message))
        return message

    def opt_out(self, phone: str, sender: str) -> None:
        """The subscriber opts out of `sender`'s bulk messages: later sends get 406, the gateway is told."""
        self.opted_out.add(phone)
        fields = wire.optout(phone, sender, self._board.now)
        self._timers.now(lambda: self._persistence.post("optout", fields))

    def _carry(self, message: Sent) -> None:
        switches = self._board.now
        fields = wire.incoming(
            message.id, message.phone, message.to, message.text, message.at, message.network, switches
        )  # fmt: skip

        def told(tries: int, answer: Answer) -> None:
            state = "taken" if answer.status == 200 else "waiting" if tries < MAX_TRIES else "given up"
            known = replace(message, tries=tries, status=answer.status, trouble=answer.trouble, state=state)
            self._mailboxes.update(known)

        for _ in range(2 if switches.sms_delivery == "duplicate" else 1):
            self._persistence.post("sms", fields, told)


def new_message_id() -> str:
    """An outgoing message's id: `ATXid_` + 32 hex."""
    return f"ATXid_{secrets.token_hex(16)}"
