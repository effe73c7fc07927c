"""The USSD network: dials, carries hops to the gateway, shows what comes back and says when a session has ended.

It decides the order and number of callbacks (contract §1, §8); it must not know spelling (`wire`) nor HTTP.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.simulator import wire
from gateway.simulator.callbacks import Answer, Callbacks
from gateway.simulator.screens import Screen, failed, fitted, judged, pages
from gateway.simulator.sessions import Exchange, Session, Sessions
from gateway.simulator.switches import SwitchBoard, Switches
from gateway.simulator.timers import Timers

FORWARD, BACK = "98", "00"


class SessionOverError(Exception):
    """The session takes no more input."""


def utc_now() -> datetime:
    """Now, UTC."""
    return datetime.now(UTC)


class UssdNetwork:
    """Handsets' way to one service code."""

    def __init__(
        self,
        base_code: str,
        callbacks: Callbacks,
        board: SwitchBoard,
        timers: Timers,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.base_code = base_code
        self.sessions = Sessions()
        self._callbacks, self._board, self._timers, self._clock = callbacks, board, timers, clock

    def dial(self, phone: str, code: str, network: str) -> tuple[str, Screen]:
        """Dial `code` from `phone`; the new session's id (empty when no service has that code) and its first screen."""
        tail = dialled_tail(code, self.base_code)
        if tail is None:
            return "", failed(f"no service at {code}; the service code is {self.base_code}")
        caller = wire.Caller(f"ATUid_{secrets.token_hex(16)}", phone, self.base_code, network)
        session = Session(caller, self._clock())
        self.sessions.add(session)
        if self._board.now.first_text == "dialled":
            session.text = tail
        with session.lock:
            return caller.session, self._hop(session, None)

    def reply(self, session: Session, entered: str) -> Screen:
        """Send what the citizen typed; raises `SessionOverError` when the session is closed."""
        with session.lock:
            self._refuse_closed(session)
            step = {FORWARD: 1, BACK: -1}.get(entered.strip(), 0)
            if step and 0 <= session.page + step < len(session.pages):
                return self._turn_page(session, entered, step)
            session.previous_text, session.text = session.text, extended(session.text, entered, self._board.now)
            return self._hop(session, entered)

    def hang_up(self, session: Session, entered: str | None = None) -> None:
        """The citizen hangs up; with `entered`, just after sending it: the hop travels, nobody sees its answer."""
        with session.lock:
            self._refuse_closed(session)
            if entered is None:
                return self._end(session, "Incomplete")
            session.previous_text, session.text = session.text, extended(session.text, entered, self._board.now)
            if self._board.now.end_event == "before":
                session.status = "Incomplete"
                self._notify(session)
            screen = self._hop(session, entered)
            if screen.kind == "CON" and session.open:
                self._end(session, "Incomplete")

    def _hop(self, session: Session, entered: str | None) -> Screen:
        switches = self._board.now
        session.turn += 1
        answer, repeats = self._carried(session, switches)
        screen = judged(answer, switches)
        session.hops += 1
        session.last_answer = answer.body.decode(errors="replace")
        self._keep_metadata(session, answer)
        session.pages, session.page = pages(screen.text, switches.pager), 0
        if screen.kind != "ERROR":
            screen = fitted(screen.kind, session.pages[0], switches)
        session.dialogue.append(
            Exchange(entered, session.text, screen, session.last_answer, answer.status, answer.millis, repeats)
        )
        self._after_hop(session, screen, switches)
        return screen

    def _after_hop(self, session: Session, screen: Screen, switches: Switches) -> None:
        if session.open and screen.kind == "CON":
            self._end_when_idle(session, switches)
        elif session.open:
            session.error = screen.detail if screen.kind == "ERROR" else ""
            self._end(session, "Failed" if screen.kind == "ERROR" else "Success")

    def _carried(self, session: Session, switches: Switches) -> tuple[Answer, tuple[str, ...]]:
        """Post the hop as often as the switches say; the answer shown, and the bodies that its repeats got."""
        fields = wire.hop(session.caller, session.text, switches)
        metadata = session.metadata if switches.hop_metadata else ""
        twin = None
        if switches.hop_delivery == "concurrent":
            twins: list[Answer] = []
            twin = self._timers.now(lambda: twins.append(self._callbacks.post("ussd", fields, metadata)))
        answer = self._callbacks.post("ussd", fields, metadata)
        extra: list[Answer] = []
        if twin is not None:
            twin.result()
            extra = twins
        elif switches.hop_delivery == "duplicate":
            extra = [self._callbacks.post("ussd", fields, metadata)]
        elif switches.hop_delivery == "reordered" and session.previous_text is not None:
            late = wire.hop(session.caller, session.previous_text, switches)
            extra = [self._callbacks.post("ussd", late, metadata)]
        return answer, tuple(one.body.decode(errors="replace") or one.trouble for one in extra)

    def _keep_metadata(self, session: Session, answer: Answer) -> None:
        """The echoed header: at most 99 characters, no `|` (contract §1.3)."""
        if answer.metadata and len(answer.metadata) <= 99 and "|" not in answer.metadata:
            session.metadata = answer.metadata
            session.all_metadata.append(answer.metadata)

    def _turn_page(self, session: Session, entered: str, step: int) -> Screen:
        session.page += step
        screen = fitted("CON", session.pages[session.page], self._board.now)
        session.dialogue.append(Exchange(entered, None, screen))
        return screen

    def _refuse_closed(self, session: Session) -> None:
        if not session.open:
            raise SessionOverError(f"the session has ended: {session.status}")

    def _end_when_idle(self, session: Session, switches: Switches) -> None:
        turn = session.turn

        def silence() -> None:
            with session.lock:
                if session.open and session.turn == turn:
                    self._end(session, "Incomplete")

        if switches.idle_seconds:
            self._timers.after(switches.idle_seconds, silence)

    def _end(self, session: Session, status: str) -> None:
        session.status = status
        switches = self._board.now
        self._timers.now(lambda: self._notify(session))
        late = switches.hop_delivery == "late_duplicate" or switches.end_event == "before"
        if late and session.status != "Failed":
            fields = wire.hop(session.caller, session.text, switches)
            self._timers.after(0.2, lambda: self._callbacks.post("ussd", fields, session.metadata))

    def _notify(self, session: Session) -> None:
        """Post the end-of-session event as often as the switches say."""
        switches = self._board.now
        with session.lock:
            now = self._clock()
            millis = round((now - session.started).total_seconds() * 1000)
            ending = wire.Ending(
                now, session.status, millis, session.hops, tuple(session.all_metadata),
                session.text, session.last_answer, session.error,
            )  # fmt: skip
        fields = wire.ended(session.caller, ending, switches)
        for _ in range({"never": 0, "twice": 2}.get(switches.end_event, 1)):
            self._callbacks.post("ussd/ended", fields)


def dialled_tail(code: str, base: str) -> str | None:
    """What was dialled beyond `base`: `*964*1*2#` on `*964#` gives `1*2`; None when `code` is another service's."""
    if code == base:
        return ""
    start = base.removesuffix("#") + "*"
    return code[len(start) : -1] if code.startswith(start) and code.endswith("#") else None


def extended(text: str, entered: str, switches: Switches) -> str:
    """The transcript after one more input (contract §1.2): joined by `*`, `*` and `#` inside it kept as typed."""
    if not text:
        return entered
    return text if not entered and switches.empty_send == "unchanged" else f"{text}*{entered}"
