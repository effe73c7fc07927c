"""Calls of phones to the gateway, and what a model knows of each: where it stands and which form it fills in.

The wire end of the state machine in network.py; it does nothing of its own accord.
"""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from gateway import loop
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.sessions import Sessions
from menus import unfinished
from menus.gsm import Budget
from menus.operators import Operator
from menus.state import State
from tests.fixtures import poster
from tests.handset import new_phone

STRICT = Operator(name="rough", networks=["70001"], septets=160, ucs2=70, first_septets=140, first_ucs2=60)
_NUMBERS = itertools.count(1)


def next_number() -> int:
    """A number that no form and no version has had."""
    return next(_NUMBERS)


@dataclass
class Call:
    """One session: what was sent, what came back, where it stands, and the number of the form that it fills in.

    `forgotten`: Redis has lost it, and no hop has brought it back since.
    """

    session: str = field(default_factory=lambda: f"ATUid_{uuid.uuid4().hex}")
    transcript: str = ""
    replies: dict[str, str] = field(default_factory=dict)
    state: State | None = None
    over: bool = False
    told: bool = False
    forgotten: bool = False
    form: int = 0

    def begins_with(self, transcript: str) -> bool:
        """Whether this hop shows the first screen of the session, as far as the gateway can know of it."""
        return next(iter(self.replies), transcript) == transcript


@dataclass
class Phone:
    """A phone and what is known of its unfinished form: `kept` in the store for sure, with its number."""

    network: str
    number: str = field(default_factory=new_phone)
    call: Call | None = None
    kept: tuple[dict[str, str], int] | None = None
    sent: set[int] = field(default_factory=set)
    unsure: bool = False


class Line:
    """What phones are connected to: a web process, which `restart` replaces by a new one."""

    def __init__(self, runtime: Runtime, database_url: str) -> None:
        self._runtime, self._database_url = runtime, database_url
        self.restart()

    def restart(self) -> None:
        """The process's memory is gone."""
        self.post = poster(create_app(self._runtime))
        self._sessions = Sessions(self._runtime.pipe)

    def press(self, phone: Phone, call: Call, key: str) -> None:
        """The citizen presses keys and sends them."""
        self.deliver(phone, call, f"{call.transcript}*{key}" if call.transcript else key, key)

    def deliver(self, phone: Phone, call: Call, transcript: str, key: str = "") -> None:
        """A hop that extends the call arrives, and the model follows what it did."""
        before = call.state
        if before and before.at == "review" and key == "1":
            phone.sent.add(call.form)
        body = self.send(phone, call, transcript)
        self.check(phone, body, call.begins_with(transcript))
        if transcript in call.replies:  # an empty input at the first screen is a repeat on the wire
            assert body == call.replies[transcript]
            return
        call.transcript, call.replies[transcript], call.over = transcript, body, body.startswith("END ")
        record = loop.run(self._sessions.load(call.session))
        call.state, call.forgotten = record.state if record else None, False
        self._follow(phone, call, before, key)

    def _follow(self, phone: Phone, call: Call, before: State | None, key: str) -> None:
        """Which form the call is in now, and whether a kept one is over."""
        after = call.state
        if after is None:
            return
        if before and before.at == "resume":
            call.form = phone.kept[1] if key == "1" and phone.kept else next(_NUMBERS)
            if key in ("2", "3") and after.at != "resume":
                phone.kept = None
        elif after.at == "form" and (before is None or before.at in ("menu", "closed")):
            call.form = next(_NUMBERS)
        if before and before.at == "review" and after.at != "review":
            mine = phone.kept is not None and phone.kept[1] == call.form
            if mine and (key == "0" or (after.at == "end" and after.action == "done")):
                phone.kept = None
        if call.over:
            self.keep(phone)

    def keep(self, phone: Phone) -> None:
        """What this call leaves is in the store, or will be before the next call opens."""
        call = phone.call
        if call and call.state and not call.forgotten and unfinished.is_unfinished(call.state):
            phone.kept, phone.unsure = (dict(call.state.answers), call.form), False

    def send(self, phone: Phone, call: Call, transcript: str) -> str:
        """One hop on the wire; the body that comes back."""
        form = {
            "phoneNumber": phone.number,
            "serviceCode": "*964#",
            "text": transcript,
            "sessionId": call.session,
            "networkCode": phone.network,
        }
        status, body = self.post("ussd", form)
        assert status == 200
        return body

    def check(self, phone: Phone, body: str, is_first: bool) -> None:
        """A reply is valid, and within its network's budget."""
        assert body.startswith(("CON ", "END ")), body
        rough = phone.network in STRICT.networks
        budget = (Budget(140, 60) if is_first else Budget(160, 70)) if rough else Budget(182, 80)
        assert budget.fits(body[4:]), f"too long by {-budget.room(body[4:])}: {body}"

    def no_form_is_two_applications(self, phones: Sequence[Phone]) -> None:
        """Each form that was sent is one application at most, with one receipt."""
        with psycopg.connect(self._database_url) as store:
            for phone in phones:
                found = store.execute(
                    "SELECT a.reference, count(m.id) FROM application a LEFT JOIN gateway.message m USING (reference)"
                    " WHERE a.phone = %s GROUP BY 1",
                    [phone.number],
                ).fetchall()
                assert len(found) <= len(phone.sent), f"{len(found)} applications of {len(phone.sent)} forms sent"
                assert all(receipts == 1 for _, receipts in found), found
