"""The handsets' messages: received ones with a read mark, sent ones with their fate. Bounded, in memory.

It must not know how a message came or goes.
"""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock


@dataclass(frozen=True)
class Received:
    """A message on a handset: its provider id, E.164 phone, sender as shown, text, UTC time, SMS parts."""

    id: str
    phone: str
    sender: str
    text: str
    at: datetime
    parts: int
    read: bool = False


@dataclass(frozen=True)
class Sent:
    """A message that a handset sent: `tries` callbacks so far, `status` of the last (0: no answer), and its state."""

    id: str
    number: int
    phone: str
    to: str
    text: str
    at: datetime
    network: str
    tries: int = 0
    status: int = 0
    trouble: str = ""
    state: str = "waiting"


class Mailboxes:
    """The newest `keep` received and `keep` sent messages of all handsets, newest first."""

    def __init__(self, keep: int = 10_000) -> None:
        self._lock = Lock()
        self._received: deque[Received] = deque(maxlen=keep)
        self._sent: deque[Sent] = deque(maxlen=keep)
        self._numbers = 0

    def deliver(self, message: Received) -> None:
        """Put a message on its handset."""
        with self._lock:
            self._received.appendleft(message)

    def received(self, phone: str | None = None) -> list[Received]:
        """The inbox of `phone`, or of all handsets; newest first."""
        with self._lock:
            return [message for message in self._received if phone in (None, message.phone)]

    def mark_read(self, phone: str) -> None:
        """The citizen has looked at the inbox."""
        with self._lock:
            for index, message in enumerate(self._received):
                if message.phone == phone and not message.read:
                    self._received[index] = replace(message, read=True)

    def post(self, message_id: str, phone: str, to: str, text: str, at: datetime, network: str) -> Sent:
        """Keep a message that a handset sends, numbered as the provider's inbox does."""
        with self._lock:
            self._numbers += 1
            message = Sent(message_id, self._numbers, phone, to, text, at, network)
            self._sent.appendleft(message)
            return message

    def update(self, message: Sent) -> None:
        """Replace the kept message of that id."""
        with self._lock:
            for index, kept in enumerate(self._sent):
                if kept.id == message.id:
                    self._sent[index] = message
                    return

    def sent(self, phone: str | None = None) -> list[Sent]:
        """What `phone`, or every handset, has sent; newest first."""
        with self._lock:
            return [message for message in self._sent if phone in (None, message.phone)]
