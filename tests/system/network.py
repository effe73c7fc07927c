"""An unreliable network between three phones and the gateway, as a hypothesis state machine.

It repeats, loses, delays and reorders hops, drops calls, empties and kills Redis, kills PostgreSQL, restarts the web
process and reloads content. What must hold: every reply is a valid screen within its network's budget, a repeat gets
the same bytes, an accepted answer is in the form that the next call continues, and no form becomes two applications.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from gateway import dropped
from gateway.runtime import Runtime
from menus.content import Content
from menus.filling import form_of
from menus.paths import answers_to
from menus.state import State
from tests.system.calls import STRICT, Call, Line, Phone, next_number
from tests.system.grid import Grid

PHONES = st.integers(0, 2)
NAMES = ("21", "31*1", "51*1*9")
"""Dialled after the code: a service, and answers that may be good or not."""
ODD = ("0", "8", "9", "", "*", "#", "1*2", "٣", "abc", "999999999999", "98")


class Network(RuleBasedStateMachine):
    """A test gives a subclass its `runtime` and the `servers` under it."""

    runtime: Runtime
    servers: Grid

    @initialize()
    def begin(self) -> None:
        self.base = self.runtime.content
        self._take(replace(self.base, operators=(*self.base.operators, STRICT)))
        self.line = Line(self.runtime, self.servers.database_url)
        self.phones = [Phone("41820"), Phone("70001"), Phone("99999")]
        self.late: list[tuple[Phone, Call, str]] = []
        for number in range(3):
            self.answer_well(number, inputs=5 + 3 * number, seed=number)

    def teardown(self) -> None:
        if hasattr(self, "phones"):
            self.line.no_form_is_two_applications(self.phones)
            self.runtime.versions.take(self.base)

    def _take(self, content: Content) -> None:
        self.runtime.versions.take(replace(content, digest=f"version {next_number()}"))

    # -- what people do ---------------------------------------------------------------------------------------------

    @rule(number=PHONES, name=st.sampled_from(["", "", *NAMES]))
    def dial(self, number: int, name: str = "") -> None:
        """A new call; whatever the last one left is offered, to who dials a name only where it is of that service."""
        phone = self.phones[number]
        if phone.call and not phone.call.over:
            self.line.keep(phone)
        phone.call = Call()
        self.line.deliver(phone, phone.call, name)
        state = phone.call.state
        if phone.kept and not phone.unsure:
            assert state is not None
            if name and state.at != "resume":
                return
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
                self.line.press(phone, phone.call, self._good_key(phone.call.state, random))

    @rule(number=PHONES, key=st.sampled_from(ODD))
    def answer_oddly(self, number: int, key: str) -> None:
        """Press what no screen asks for."""
        call = self.phones[number].call
        if call and not call.over:
            self.line.press(self.phones[number], call, key)

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
            assert self.line.send(self.phones[number], call, transcript) == call.replies[transcript]

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
            self.line.keep(phone)
            call.over = True

    @precondition(lambda self: self.late)
    @rule(pick=st.integers(0, 9))
    def deliver_late(self, pick: int) -> None:
        """It arrives after all, perhaps when the phone is in another call."""
        phone, call, transcript = self.late.pop(pick % len(self.late))
        phone.unsure = True  # it may or may not have moved a form that the model follows
        self.line.check(phone, self.line.send(phone, call, transcript), call.begins_with(transcript))

    @rule(number=PHONES, told=st.booleans())
    def drop(self, number: int, told: bool) -> None:
        """The call drops, and the provider says so or does not."""
        phone = self.phones[number]
        if phone.call and not phone.call.over:
            self.line.keep(phone)
            phone.call.over = True
            if told:
                form = {"sessionId": phone.call.session, "phoneNumber": phone.number, "status": "Incomplete"}
                assert self.line.post("ussd/ended", form)[0] == 200
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
        self._forgotten()

    @rule()
    def redis_is_killed(self) -> None:
        """It comes back with nothing. Nobody is told: the connections break at the next hop."""
        self.servers.kill_redis()
        self._forgotten()

    @rule()
    def postgresql_is_killed(self) -> None:
        """It comes back with all that was committed."""
        self.servers.kill_postgres()

    def _forgotten(self) -> None:
        self.line.restart()
        for phone in self.phones:
            if phone.call:
                phone.call.replies.clear()
                phone.call.forgotten = True
                phone.unsure = phone.unsure or not phone.call.told

    @rule()
    def the_web_process_is_restarted(self) -> None:
        """Its memory is gone."""
        self.line.restart()

    @rule()
    def content_is_reloaded(self) -> None:
        """New calls see another version."""
        content = self.runtime.content
        greeting = {language: f"{text[:14]}." for language, text in self.base.menus["main"].prompt.items()}
        main = content.menus["main"].model_copy(update={"prompt": greeting})
        self._take(replace(content, menus={**content.menus, "main": main}))
