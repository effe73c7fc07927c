"""Taking messages from the gateway: a code for each recipient, the accepted ones on their handsets (contract §3).

It decides codes, ids and costs; it must not know HTTP, JSON or XML.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from gateway.simulator.incoming import IncomingSms, new_message_id
from gateway.simulator.mailboxes import Mailboxes, Received
from gateway.simulator.reports import Reports
from gateway.simulator.switches import SwitchBoard
from gateway.simulator.ussd import utc_now
from menus.gsm import segments

NAMES = {
    100: "Processed", 101: "Sent", 102: "Queued", 401: "RiskHold", 402: "InvalidSenderId", 403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType", 405: "InsufficientBalance", 406: "UserInBlacklist", 407: "CouldNotRoute",
    409: "DoNotDisturbRejection", 500: "InternalServerError", 501: "GatewayError", 502: "RejectedByGateway",
}  # fmt: skip
ACCEPTED = (100, 101, 102)
DEFAULT_SENDER = "AFRICASTKNG"
OPTOUT_NOTICE = "\nSTOP to opt out"


@dataclass(frozen=True)
class Recipient:
    """One recipient's line of the answer; `message_id` is `None` (the word) where nothing was accepted."""

    number: str
    code: int
    message_id: str
    cost: str

    @property
    def status(self) -> str:
        """`Success` for 100-102, otherwise the code's name."""
        return "Success" if self.code in ACCEPTED else NAMES.get(self.code, "Unknown")


@dataclass(frozen=True)
class Outcome:
    """The answer to one send: the sentence for people and the recipients, as asked."""

    message: str
    recipients: tuple[Recipient, ...]


class Desk:
    """Where the gateway's messages are accepted."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        incoming: IncomingSms,
        reports: Reports,
        board: SwitchBoard,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._mailboxes, self._incoming, self._reports = mailboxes, incoming, reports
        self._board, self._clock = board, clock
        self._turns = itertools.count()
        self._lock = Lock()
        self._noticed: set[str] = set()

    def take(self, to: str, text: str, sender: str, premium: bool) -> Outcome:
        """Accept `text` for the comma list `to`; each accepted recipient gets it, and its reports follow."""
        if self._board.now.invalid_sender:
            return Outcome("InvalidSenderId", ())
        numbers = [number.strip() for number in to.split(",") if number.strip()]
        taken = [self._one(number, text, sender or DEFAULT_SENDER, premium) for number in numbers]
        accepted = sum(recipient.code in ACCEPTED for recipient in taken)
        message = f"Sent to {accepted}/{len(numbers)}"
        if not premium:
            count = segments(text)
            message += f" Total Cost: USD {0.0079 * accepted * count:.4f} Message parts: {count}"
        return Outcome(message, tuple(recipient for recipient in taken if recipient.code))

    def _one(self, number: str, text: str, sender: str, premium: bool) -> Recipient:
        code = self._code(number)
        if code not in ACCEPTED:
            return Recipient(number, code, "None", "0")
        message_id, count = new_message_id(), segments(text)
        if self._board.now.report_status == "Success":
            shown = text + self._notice(number)
            self._mailboxes.deliver(Received(message_id, number, sender, shown, self._clock(), segments(shown)))
        self._reports.follow(message_id, number)
        return Recipient(number, code, message_id, "0" if premium else f"KES {0.8 * count:.4f}")

    def _code(self, number: str) -> int:
        given = self._board.now.recipient_codes
        if given:
            return given[next(self._turns) % len(given)]
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            return 403
        return 406 if number in self._incoming.opted_out else 102

    def _notice(self, number: str) -> str:
        with self._lock:
            first = self._board.now.optout_notice and number not in self._noticed
            self._noticed.add(number)
            return OPTOUT_NOTICE if first else ""
