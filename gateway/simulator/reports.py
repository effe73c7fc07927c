"""Delivery reports of accepted messages: which statuses, in what order and when (contract §2.2, §8).

`plan` is pure; `Reports` posts it. It must not know how a message was accepted.
"""

from concurrent.futures import wait
from dataclasses import dataclass

from gateway.simulator import wire
from gateway.simulator.incoming import Persistence
from gateway.simulator.switches import SwitchBoard, Switches
from gateway.simulator.timers import Timers

LATE_MINUTES = 10
EARLY_PATIENCE = 3.0


@dataclass(frozen=True)
class Report:
    """One report: `after` seconds from acceptance (negative: before the send is answered), id and status."""

    after: float
    message_id: str
    status: str


def plan(message_id: str, switches: Switches) -> tuple[Report, ...]:
    """The reports of one message, in order of posting."""
    last, then = switches.report_status, switches.report_seconds

    def report(after: float, status: str, named: str = message_id) -> Report:
        return Report(after, named, status)

    sent, final = report(then / 2, "Sent"), report(then, last)
    plans: dict[str, tuple[Report, ...]] = {
        "normal": (sent, final),
        "success_only": (final,),
        "early": (report(-1, last),),
        "late": (sent, report(LATE_MINUTES * switches.minute_seconds, last)),
        "out_of_order": (report(then / 2, last), report(then, "Buffered"), report(then * 1.5, "Sent")),
        "twice": (sent, final, report(then * 1.5, last)),
        "unknown_status": (report(then / 2, "Teleported"), final),
        "unknown_id": (report(then / 2, last, "ATXid_" + "0" * 32), final),
        "never": (),
    }
    return plans[switches.report]


class Reports:
    """Posts each accepted message's reports, each until answered 200."""

    def __init__(self, persistence: Persistence, board: SwitchBoard, timers: Timers) -> None:
        self._persistence, self._board, self._timers = persistence, board, timers

    def follow(self, message_id: str, phone: str) -> None:
        """Report on one message; an early report is posted before this returns, or within 3 s after."""
        switches = self._board.now
        for report in plan(message_id, switches):
            fields = wire.report(report.message_id, report.status, phone, switches)
            if report.after >= 0:
                self._later(report.after, fields)
            else:
                self._early(fields)

    def _early(self, fields: wire.Fields) -> None:
        posting = self._timers.now(lambda: self._persistence.post("delivery", fields))
        if posting is not None:
            wait([posting], timeout=EARLY_PATIENCE)

    def _later(self, seconds: float, fields: wire.Fields) -> None:
        self._timers.after(seconds, lambda: self._persistence.post("delivery", fields))
