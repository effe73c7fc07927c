"""One USSD session as the network remembers it: who, what was typed, what was shown. Bounded, in memory.

It must not know how a hop is carried (`ussd`) nor how a body is spelt (`wire`).
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, RLock

from gateway.simulator.screens import Screen
from gateway.simulator.wire import Caller

Json = dict[str, object]


@dataclass(frozen=True)
class Exchange:
    """One line of a dialogue: what the citizen entered (None: dialled), the text on the wire, and what came back."""

    entered: str | None
    wire_text: str | None
    screen: Screen
    body: str = ""
    status: int = 0
    millis: int = 0
    repeats: tuple[str, ...] = ()


@dataclass
class Session:
    """A session's running state; guarded by `lock`. `text` is the transcript as last posted."""

    caller: Caller
    started: datetime
    lock: RLock = field(default_factory=RLock, repr=False)
    text: str = ""
    previous_text: str | None = None
    status: str = ""
    error: str = ""
    last_answer: str = ""
    metadata: str = ""
    all_metadata: list[str] = field(default_factory=list)
    dialogue: list[Exchange] = field(default_factory=list)
    hops: int = 0
    pages: tuple[str, ...] = ()
    page: int = 0
    turn: int = 0

    @property
    def open(self) -> bool:
        """Whether the network still waits for an input."""
        return not self.status


class Sessions:
    """The latest `keep` sessions by id."""

    def __init__(self, keep: int = 2000) -> None:
        self._keep = keep
        self._lock = Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def add(self, session: Session) -> None:
        """Remember `session`, forgetting the oldest beyond the bound."""
        with self._lock:
            self._sessions[session.caller.session] = session
            while len(self._sessions) > self._keep:
                self._sessions.popitem(last=False)

    def get(self, session_id: str) -> Session | None:
        """The session of that id, or None when unknown or forgotten."""
        with self._lock:
            return self._sessions.get(session_id)


def transcript(session: Session) -> Json:
    """The whole dialogue as JSON: read by people, and replayable as a regression test."""
    with session.lock:
        return {
            "session": session.caller.session,
            "phone": session.caller.phone,
            "code": session.caller.code,
            "network": session.caller.network,
            "started": session.started.isoformat(),
            "status": session.status or "Open",
            "error": session.error,
            "hops": session.hops,
            "input": session.text,
            "dialogue": [_line(exchange) for exchange in session.dialogue],
        }


def _line(exchange: Exchange) -> Json:
    screen = exchange.screen
    return {
        "entered": exchange.entered,
        "wire_text": exchange.wire_text,
        "kind": screen.kind,
        "text": screen.text,
        "units": screen.units,
        "limit": screen.limit,
        "cut": screen.cut,
        "detail": screen.detail,
        "body": exchange.body,
        "status": exchange.status,
        "millis": exchange.millis,
        "repeats": list(exchange.repeats),
    }
