"""An unreliable network between three phones and the gateway, as a hypothesis state machine.

It repeats, loses, delays and reorders hops, drops calls, empties Redis, cuts PostgreSQL's connections, restarts the web
process and reloads content. What must hold: every reply is a valid screen within its network's budget, a repeat gets
the same bytes, an accepted answer is in the form that the next call continues, and no form becomes two applications.
"""

import itertools
import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from gateway import dropped
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.sessions import Sessions
from menus import unfinished
from menus.content import Content, Operator
from menus.filling import form_of
from menus.gsm import Budget
from menus.paths import answers_to
from menus.state import State
from tests.fixtures import poster
from tests.handset import new_phone

STRICT = Operator(name="rough", networks=["70001"], septets=160, ucs2=70, first_septets=140, first_ucs2=60)
PHONES = st.integers(0, 2)
ODD = ("0", "8", "9", "", "*", "#", "1*2", "٣", "abc", "999999999999", "98")
_NUMBERS = itertools.count(1)


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


@dataclass
class Phone:
    """A phone and what is known of its unfinished form: `kept` in the store for sure, with its number."""

    network: str
    number: str = field(default_factory=new_phone)
    call: Call | None = None
    kept: tuple[dict[str, str], int] | None = None
    sent: set[int] = field(default_factory=set)
    unsure: bool = False


class Network(RuleBasedStateMachine):
    """A test gives a subclass its `runtime` and `database_url`."""

    runtime: Runtime
    database_url: str

    @initialize()
    def begin(self) -> None:
        self.base = self.runtime.content
        self._take(replace(self.base, operators=(*self.base.operators, STRICT)))
        self._restart()
        self.phones = [Phone("41820"), Phone("70001"), Phone("99999")]
        self.late: list[tuple[Phone, Call, str]] = []
        for number in range(3):
            self.answer_well(number, inputs=5 + 3 * number, seed=number)

    def teardown(self) -> None:
        if hasattr(self, "phones"):
            self._no_form_is_two_applications()
            self.runtime.versions.take(self.base)

    def _take(self, content: Content) -> None:
        self.runtime.versions.take(replace(content, digest=f"version {next(_NUMBERS)}"))

    def _restart(self) -> None:
        self.post = poster(create_app(self.runtime))
        self.sessions = Sessions(self.runtime.redis)

    # -- what people do ---------------------------------------------------------------------------------------------

    @rule(number=PHONES)
    def dial(self, number: int) -> None:
        """A new call; whatever the last one left is offered."""
        phone = self.phones[number]
        if phone.call and not phone.call.over:
            self._keep(phone)
        phone.call = Call()
        self._deliver(phone, phone.call, "")
        state = phone.call.state
        if phone.kept and not phone.unsure:
            assert state is not None
            assert state.at == "resume", f"an unfinished form is not offered: {state}"
            assert state.answers == phone.kept[0], "an accepted answer is lost"

    @rule(number=PHONES, inputs=st.integers(1, 14), seed=st.integers(0, 2**16))
    def answer_well(self, number: int, inputs: int, seed: int) -> None:
        """Press keys that lead on, in a new call if there is none."""
        random, phone = Random(seed), self.phones[number]
        if phone.call is None or phone.call.over:
            self.dial(number)
        for _ in range(inputs):
            if phone.call and phone.call.state and not phone.call.over:
                self._press(phone, phone.call, self._good_key(phone.call.state, random))

    @rule(number=PHONES, key=st.sampled_from(ODD))
    def answer_oddly(self, number: int, key: str) -> None:
        """Press what no screen asks for."""
        call = self.phones[number].call
        if call and not call.over:
            self._press(self.phones[number], call, key)

    def _good_key(self, state: State, random: Random) -> str:
        content = self.runtime.content
        if state.at == "menu":
            return random.choice(["2", "2", "2", "9", "5", "3"]) if state.menu == "main" else "0"
        if state.at == "form":
            question = form_of(content, state).next_question(state.answers)
            assert question is not None
            value = random.choice(answers_to(question, content.services[state.service], "en", state.today))
            keys = [choice.key for choice in question.choices if choice.id == value]
            return keys[0] if keys else question.special.key if question.special else value
        return "1"

    # -- what the network does --------------------------------------------------------------------------------------

    @rule(number=PHONES, back=st.integers(0, 12))
    def repeat(self, number: int, back: int) -> None:
        """An old hop of the call again: the same bytes."""
        call = self.phones[number].call
        if call and call.replies:
            known = list(call.replies)
            transcript = known[-1 - back % len(known)]
            assert self._post(self.phones[number], call, transcript) == call.replies[transcript]

    @rule(number=PHONES)
    def hold(self, number: int) -> None:
        """A right answer is held up on its way; the citizen sees the call drop."""
        phone = self.phones[number]
        if phone.call and phone.call.state and not phone.call.over:
            call = phone.call
            key = self._good_key(call.state, Random(1)) if call.state else "1"
            self.late.append((phone, call, f"{call.transcript}*{key}" if call.transcript else key))
            if call.state and call.state.at == "review" and key == "1":
                phone.sent.add(call.form)
            self._keep(phone)
            call.over = True

    @precondition(lambda self: self.late)
    @rule(pick=st.integers(0, 9))
    def deliver_late(self, pick: int) -> None:
        """It arrives after all, perhaps when the phone is in another call."""
        phone, call, transcript = self.late.pop(pick % len(self.late))
        phone.unsure = True  # it may or may not have moved a form that the model follows
        self._check(phone, self._post(phone, call, transcript), transcript == "")

    @rule(number=PHONES, told=st.booleans())
    def drop(self, number: int, told: bool) -> None:
        """The call drops, and the provider says so or does not."""
        phone = self.phones[number]
        if phone.call and not phone.call.over:
            self._keep(phone)
            phone.call.over = True
            if told:
                form = {"sessionId": phone.call.session, "phoneNumber": phone.number, "status": "Incomplete"}
                assert self.post("ussd/ended", form)[0] == 200
                phone.call.told = True

    # -- what operators do ------------------------------------------------------------------------------------------

    @rule()
    def sweep(self) -> None:
        """Silence is found."""
        later = replace(self.runtime, now=lambda: self.runtime.now() + dropped.SILENT + timedelta(seconds=9))
        dropped.mend(later, deep=False)

    @rule()
    def redis_is_emptied_after_calls_ended(self) -> None:
        """Every call ends with the provider's word; what it had must survive."""
        for number in range(3):
            self.drop(number, told=True)
        self.redis_is_emptied()

    @rule()
    def redis_is_emptied(self) -> None:
        """Calls go on from their transcripts; a form in a call that was not over may be lost with it."""
        self.runtime.redis.flushdb()
        self._restart()
        for phone in self.phones:
            if phone.call:
                phone.call.replies.clear()
                phone.call.forgotten = True
                phone.unsure = phone.unsure or not phone.call.told

    @rule()
    def postgresql_is_restarted(self) -> None:
        """Every connection is cut."""
        with psycopg.connect(self.database_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
            )

    @rule()
    def the_web_process_is_restarted(self) -> None:
        """Its memory is gone."""
        self._restart()

    @rule()
    def content_is_reloaded(self) -> None:
        """New calls see another version."""
        content = self.runtime.content
        greeting = {language: f"{text[:14]}." for language, text in self.base.menus["main"].prompt.items()}
        main = content.menus["main"].model_copy(update={"prompt": greeting})
        self._take(replace(content, menus={**content.menus, "main": main}))

    # -- the wire and the model -------------------------------------------------------------------------------------

    def _press(self, phone: Phone, call: Call, key: str) -> None:
        self._deliver(phone, call, f"{call.transcript}*{key}" if call.transcript else key, key)

    def _deliver(self, phone: Phone, call: Call, transcript: str, key: str = "") -> None:
        before = call.state
        if before and before.at == "review" and key == "1":
            phone.sent.add(call.form)
        body = self._post(phone, call, transcript)
        self._check(phone, body, transcript == "")
        if transcript in call.replies:  # an empty input at the first screen is a repeat on the wire
            assert body == call.replies[transcript]
            return
        call.transcript, call.replies[transcript], call.over = transcript, body, body.startswith("END ")
        record = self.sessions.load(call.session)
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
            self._keep(phone)

    def _keep(self, phone: Phone) -> None:
        """What this call leaves is in the store, or will be before the next call opens."""
        call = phone.call
        if call and call.state and not call.forgotten and unfinished.is_unfinished(call.state):
            phone.kept, phone.unsure = (dict(call.state.answers), call.form), False

    def _post(self, phone: Phone, call: Call, transcript: str) -> str:
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

    def _check(self, phone: Phone, body: str, is_first: bool) -> None:
        assert body.startswith(("CON ", "END ")), body
        rough = phone.network in STRICT.networks
        budget = (Budget(140, 60) if is_first else Budget(160, 70)) if rough else Budget(182, 80)
        assert budget.fits(body[4:]), f"too long by {-budget.room(body[4:])}: {body}"

    def _no_form_is_two_applications(self) -> None:
        with psycopg.connect(self.database_url) as store:
            for phone in self.phones:
                found = store.execute(
                    "SELECT a.reference, count(m.id) FROM application a LEFT JOIN gateway.message m USING (reference)"
                    " WHERE a.phone = %s GROUP BY 1",
                    [phone.number],
                ).fetchall()
                assert len(found) <= len(phone.sent), f"{len(found)} applications of {len(phone.sent)} forms sent"
                assert all(receipts == 1 for _, receipts in found), found
