"""A handset in the terminal: dials, shows screens in a box, replies, texts, and shows SMS as they arrive.

It talks to the far side's handset API only; it must not know menus. Works from a pipe, so that it can be scripted.
"""

import json
import sys
import textwrap
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TextIO

HELP = """\
  dial [CODE]    dial the service code, or another (*964*1# dials deep)
  TEXT           in a session: reply; an empty line sends an empty reply
  cancel         hang up
  sms TEXT       text the service number        inbox    messages received
  wait SECONDS   look at the screen a while     quit     put the phone away"""
POLL_SECONDS = 1.0
PATIENCE = 30.0


class NoAnswerError(Exception):
    """The far side refused, or is away; `str()` says which."""


class Handset:
    """One phone at `simulator_url`, writing to `out`."""

    def __init__(self, simulator_url: str, phone: str, code: str, sms_number: str, out: TextIO) -> None:
        self._url, self._phone, self._code, self._number = simulator_url.rstrip("/"), phone, code, sms_number
        self._out = out
        self.session: str | None = None
        self._seen: set[str] = set()

    def obey(self, line: str) -> bool:
        """Do what one line says; False when it says quit."""
        try:
            return self._obeyed(line)
        except NoAnswerError as error:
            self.session = None
            self._say(f"({error})")
            return True

    def _obeyed(self, line: str) -> bool:
        word, _, rest = line.strip().partition(" ")
        if self.session is not None and word not in ("cancel", "sms", "inbox", "wait", "quit"):
            self._show(self._call("reply", {"session": self.session, "input": line}))
        elif word == "dial" or word[:1] in ("*", "#"):
            code = (rest.strip() if word == "dial" else word) or self._code
            self._show(self._call("dial", {"phone": self._phone, "code": code}))
        else:
            return self._other(word, rest)
        return True

    def arrivals(self) -> bool:
        """Show messages that came since the last look; whether there were any."""
        try:
            messages = self._messages()
        except NoAnswerError:
            return False
        fresh = [message for message in reversed(messages) if message["id"] not in self._seen]
        for message in fresh:
            self._seen.add(message["id"])
            self._say(f"\n[SMS from {message['from']}] {message['text']}")
        return bool(fresh)

    def prompt(self) -> None:
        """Ask for the next line."""
        self._out.write("reply> " if self.session else "phone> ")
        self._out.flush()

    def _other(self, word: str, rest: str) -> bool:
        if word == "sms":
            self._call("text", {"phone": self._phone, "to": self._number, "text": rest})
        elif word == "cancel" and self.session:
            self._call("hangup", {"session": self.session})
            self.session = None
        elif word == "inbox":
            for message in self._messages():
                self._say(f"{message['at'][:19]} {message['from']}: {message['text']}")
        elif word == "wait":
            self._wait(rest)
        elif word not in ("quit", ""):
            self._say(HELP)
        return word != "quit"

    def _wait(self, seconds: str) -> None:
        until = time.monotonic() + (float(seconds) if seconds.replace(".", "", 1).isdigit() else 1.0)
        while time.monotonic() < until:
            time.sleep(0.1)
            self.arrivals()

    def _messages(self) -> list[dict[str, Any]]:
        answer = self._call(f"inbox?{urllib.parse.urlencode({'phone': self._phone})}", None)
        messages: list[dict[str, Any]] = answer.get("messages", [])
        return messages

    def _show(self, screen: dict[str, Any]) -> None:
        self.session = screen["session"] if screen.get("kind") == "CON" else None
        if screen.get("kind"):
            self._say(boxed(screen["text"], f"{screen['units']}/{screen['limit']}"))
        if screen.get("detail"):
            self._say(f"({screen['detail']})")

    def _call(self, path: str, body: dict[str, object] | None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the operator's own address
            f"{self._url}/handset/{path}", data, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310
                answer: dict[str, Any] = json.load(reply)
                return answer
        except urllib.error.HTTPError as error:
            with error:
                raise NoAnswerError(json.load(error).get("error", error.code)) from None
        except (OSError, ValueError) as error:
            raise NoAnswerError(f"no network: {error}") from None

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def run(
    simulator_url: str,
    phone: str,
    code: str,
    sms_number: str = "5599",
    source: TextIO | None = None,
    out: TextIO | None = None,
) -> None:
    """Be the handset `phone` until `quit` or the end of `source` (stdin by default)."""
    handset = Handset(simulator_url, phone, code, sms_number, out or sys.stdout)
    handset.prompt()
    for line in _lines(source or sys.stdin):
        if line is None:
            if handset.arrivals():
                handset.prompt()
            continue
        if not handset.obey(line):
            return
        handset.arrivals()
        handset.prompt()


def boxed(text: str, units: str) -> str:
    """`text` in a box that says how much of the screen's room is used, e.g. `78/80`."""
    lines = [part for line in text.split("\n") for part in textwrap.wrap(line, 36, drop_whitespace=False) or [""]]
    width = max([_width(line) for line in lines] + [len(units) + 2])
    rows = [f"│ {line}{' ' * (width - _width(line))} │" for line in lines]
    return "\n".join([f"┌{'─' * (width + 2)}┐", *rows, f"└{'─' * (width - len(units))} {units} ┘"])


def _width(line: str) -> int:
    return sum(unicodedata.category(char) not in ("Mn", "Me", "Cf") for char in line)


def _lines(source: TextIO) -> Iterator[str | None]:
    """Lines as they are typed, and None each second without one; ends with the source."""
    queue: SimpleQueue[str | None] = SimpleQueue()
    Thread(target=_read, args=(source, queue), name="keys", daemon=True).start()
    while True:
        try:
            line = queue.get(timeout=POLL_SECONDS)
        except Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def _read(source: TextIO, queue: "SimpleQueue[str | None]") -> None:
    for line in source:
        queue.put(line.rstrip("\n"))
    queue.put(None)
