"""Calls of phones to the gateway: two workers' doors on real sockets, and what the citizen at the phone knows.

The wire end of the state machine in network.py; it does nothing of its own accord.
"""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

from gateway.app import create_app
from gateway.door import Door
from gateway.runtime import Runtime
from gateway.switchboard import switchboard
from gateway.web import THREADS
from menus.content import Content
from menus.gsm import Budget
from menus.operators import Operator
from tests.fixtures import SECRET
from tests.gateway.served import ask, served
from tests.handset import new_phone
from tests.system.grid import Grid
from tests.system.reading import Shown
from tests.system.typed import Form

STRICT = Operator(name="rough", networks=["70001"], septets=160, ucs2=70, first_septets=140, first_ucs2=60)
REDIS = -1
"""Among the places that know a call, beside the numbers of workers."""
WORKERS = (0, 1)
PATIENCE = {
    "playing.HOP_S": 2.0,
    "dropped.HOP_S": 2.0,
    "switchboard.LEAVE_ALONE_S": 0.3,
    "redis_pipe.LEAVE_ALONE_S": 0.3,
    "sessions.CATCH_UP_S": 0.1,
}
"""What the gateway waits for things that are away, in s: less than it would, or outages would cost the test minutes."""
ANSWER_S = 6.0
"""For a hop of 2 s, as the provider waits 10 for one of 8."""
RECOVERS_S = 1.5
"""After a server is back: what is left alone is asked again, and Redis is told what it missed."""
SLOW_S, MOST_SLOW = 0.8, 3
"""A PostgreSQL that hangs costs hops seconds: it goes on when so many were slow."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Call:
    """One session: what was sent, what came back, which form it fills in, and who knows of it (docs/adr/0010).

    `knowing`: workers that remember it, and Redis. `noted`: Redis leads from the phone to its form. `owing`: workers
    that will write to Redis what it missed.
    `adrift`: it was rebuilt where the same inputs do not mean the same; nothing is said of its answers.
    """

    content: Content = field(repr=False)
    code: str = "*964#"
    session: str = field(default_factory=lambda: f"ATUid_{uuid.uuid4().hex}")
    transcript: str = ""
    replies: dict[str, str] = field(default_factory=dict)
    shown: Shown | None = None
    service: str = ""
    form: Form | None = None
    knowing: set[int] = field(default_factory=set)
    noted: bool = False
    owing: set[int] = field(default_factory=set)
    over: bool = False
    adrift: bool = False
    unrepeatable: bool = False
    rivalled: bool = False

    def after(self, key: str) -> str:
        """The transcript once `key` is pressed."""
        return f"{self.transcript}*{key}" if self.transcript else key


@dataclass
class Phone:
    """A phone, the call it is in, all it had, and all forms that its citizen began."""

    network: str
    number: str = field(default_factory=new_phone)
    call: Call | None = None
    calls: list[Call] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    holder: dict[int, Call] = field(default_factory=dict)
    noted: Call | None = None

    @property
    def live(self) -> Call | None:
        """The call, if it goes on."""
        return self.call if self.call and not self.call.over else None

    def open_forms(self) -> list[Form]:
        """Those that were neither sent nor dropped by the citizen."""
        return [form for form in self.forms if form.is_worth_keeping()]


class Line:
    """What phones are connected to: two workers, each of which `restart` replaces by one that remembers nothing."""

    def __init__(self, runtime: Runtime, servers: Grid, seed: int) -> None:
        self.runtime, self.servers = runtime, servers
        self._random, self._workers = Random(seed), [ExitStack(), ExitStack()]
        self._slow = 0
        self._ports = [self._served(worker) for worker in WORKERS]

    def _served(self, worker: int) -> int:
        def door() -> Door:
            board = switchboard(self.runtime)
            return Door(board, create_app(self.runtime, board), THREADS)

        return self._workers[worker].enter_context(served(door))

    def restart(self, worker: int) -> None:
        """The process's memory is gone."""
        self._workers[worker].close()
        self._ports[worker] = self._served(worker)

    def close(self) -> None:
        """Nobody listens any more."""
        for each in self._workers:
            each.close()

    def any_worker(self) -> int:
        """Whichever the kernel gives the connection to."""
        return self._random.choice(WORKERS)

    def send(self, phone: Phone, call: Call, transcript: str, worker: int) -> str:
        """One hop on the wire; the body that comes back is a valid screen, in time and within its network's budget."""
        form = {
            "phoneNumber": phone.number,
            "serviceCode": call.code,
            "text": transcript,
            "sessionId": call.session,
            "networkCode": phone.network,
        }
        began = time.monotonic()
        body = self.post(worker, "ussd", form)
        self._took(time.monotonic() - began)
        assert body.startswith(("CON ", "END ")), body
        strict = phone.network in STRICT.networks
        first = call.shown is None
        budget = (Budget(140, 60) if first else Budget(160, 70)) if strict else Budget(182, 80)
        assert budget.fits(body[4:]), f"too long by {-budget.room(body[4:])}: {body}"
        return body

    def _took(self, seconds: float) -> None:
        assert seconds < ANSWER_S, f"{seconds} s for a hop"
        self._slow += seconds > SLOW_S
        if self._slow > MOST_SLOW:
            self.postgres_returns()

    def postgres_returns(self) -> None:
        """It is there again, and hops ask it again."""
        was_hung, self._slow = self.servers.postgres_hangs, 0
        self.servers.return_postgres()
        if was_hung:
            time.sleep(RECOVERS_S)

    def send_twice(self, phone: Phone, call: Call, transcript: str) -> str:
        """Two copies of one hop at once, one to each worker."""
        with ThreadPoolExecutor(len(WORKERS)) as threads:
            sent = [threads.submit(self.send, phone, call, transcript, worker) for worker in WORKERS]
            first, second = (each.result() for each in sent)
        assert first == second or not self.servers.redis_is_up, f"one hop, two answers: {first!r}, {second!r}"
        return first

    def ended(self, phone: Phone, call: Call, worker: int) -> None:
        """The provider says that a call is over."""
        form = {"sessionId": call.session, "phoneNumber": phone.number, "status": "Incomplete"}
        self.post(worker, "ussd/ended", form)

    def post(self, worker: int, path: str, form: dict[str, str]) -> str:
        """One callback, on a connection of its own."""
        answer, body = ask(self._ports[worker], "POST", f"/at/{SECRET}/{path}", urlencode(form), _FORM)
        assert answer.status == 200
        return body.decode()
