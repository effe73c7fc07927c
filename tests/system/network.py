"""An unreliable network between three phones and the gateway, as a hypothesis state machine.

It repeats, doubles, loses, delays and reorders hops and drops calls, while servers are away, hang, are emptied and
restarted, and content is edited (outages.py). What must hold: every reply is a valid screen in time and within its
network's budget, a repeat gets the same bytes, an accepted answer is in the form that the next call continues and in
the application, every application that the screen called done is there, and no form is two.

Not followed, because the same inputs then need not mean the same: the answers of a call that both Redis and its worker
have forgotten, when since it began the content was edited, a `*` was typed inside an input, the store declined
something or is away, or another call of the phone sent a form. Its replies must be valid all the same.
"""

from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from gateway.runtime import Runtime
from tests.system import following
from tests.system.calls import WORKERS, Call, Phone
from tests.system.editions import EDITIONS
from tests.system.grid import Grid
from tests.system.keys import SHORTCUTS, good_key
from tests.system.outages import Outages
from tests.system.reading import meaning

PHONES, SEEDS = st.integers(0, 2), st.integers(0, 2**16)
ODD = ("0", "8", "9", "", "*", "#", "1*2", "٣", "abc", "999999999999", "98")
MOST_KEYS = 20
"""From the main menu to the end of the longest form."""
HAPPENS = {
    "answer_well": 6, "answer_oddly": 2, "answer_wrongly_three_times": 1, "answer_well_twice_at_once": 2, "dial": 3,
    "repeat": 2, "hold": 2, "deliver_late": 2, "drop": 3, "send_while_the_store_is_away": 1,
    "sweep": 2, "redis_is_emptied": 2, "redis_goes": 1, "postgresql_goes": 1, "servers_return": 2,
    "a_web_worker_is_restarted": 2, "content_is_reloaded": 2,
}  # fmt: skip
"""What, and how often. One rule chooses: of rules of its own hypothesis leaves most out of a walk."""


class Network(RuleBasedStateMachine):
    """A test gives a subclass its `runtime` and the `servers` under it."""

    runtime: Runtime
    servers: Grid

    @initialize(seed=SEEDS)
    def begin(self, seed: int) -> None:
        self.world = Outages(self.runtime, self.servers, seed)
        self.world.begin_versions()
        self.late: list[tuple[Phone, Call, str]] = []
        for number, phone in enumerate(self.world.phones):
            self.answer_well(phone, Random(seed + number), inputs=5 + 3 * number)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.world.finish()
        finally:
            self.world.close()

    @rule(
        what=st.sampled_from([name for name, often in HAPPENS.items() for _ in range(often)]), number=PHONES, seed=SEEDS
    )
    def happens(self, what: str, number: int, seed: int) -> None:
        """One thing, to one of the phones where it is a phone's."""
        getattr(self, what)(self.world.phones[number], Random(seed))

    # -- what people do ---------------------------------------------------------------------------------------------

    def dial(self, phone: Phone, dice: Random) -> None:
        """A new call, by the code or by a shortcut, which some wires put into the service code."""
        tail = dice.choice(("", "", "", *SHORTCUTS))
        self.world.dial(phone, tail, in_code=tail != "" and dice.random() < 0.5)

    def answer_well(self, phone: Phone, dice: Random, inputs: int | None = None) -> None:
        """Press keys that lead on, in a new call if there is none."""
        if phone.live is None:
            self.world.dial(phone)
        for _ in range(inputs or dice.randint(1, 9)):
            if phone.live:
                self.world.press(phone, phone.live, good_key(phone.live, dice))

    def answer_oddly(self, phone: Phone, dice: Random) -> None:
        """Press what no screen asks for."""
        if phone.live:
            self.world.press(phone, phone.live, dice.choice(ODD))

    def answer_wrongly_three_times(self, phone: Phone, *_: object) -> None:
        """The call ends politely, and its form is kept."""
        for _attempt in range(3):
            if phone.live:
                self.world.press(phone, phone.live, "abc")

    def answer_well_twice_at_once(self, phone: Phone, dice: Random) -> None:
        """One hop in two copies, at the same moment."""
        if phone.live:
            self.world.press(phone, phone.live, good_key(phone.live, dice), twice=True)

    def send_while_the_store_is_away(self, phone: Phone, dice: Random) -> None:
        """The form is filled in to its end, and the store goes before it is sent."""
        for _ in range(MOST_KEYS):
            if phone.live and phone.live.shown and phone.live.shown.kind != "review":
                self.world.press(phone, phone.live, good_key(phone.live, dice))
        if phone.live and phone.live.shown and phone.live.shown.kind == "review":
            self.postgresql_goes(phone, dice)
            self.world.press(phone, phone.live, "1")

    # -- what the network does --------------------------------------------------------------------------------------

    def repeat(self, phone: Phone, dice: Random) -> None:
        """An old hop of the call again: the same bytes."""
        if phone.call and phone.call.replies:
            self.world.repeat(phone, phone.call, dice.choice(list(phone.call.replies)))

    def hold(self, phone: Phone, dice: Random) -> None:
        """A right answer is held up on its way; the citizen sees the call drop."""
        call = phone.live
        if call is None or call.shown is None or call.shown.kind not in ("question", "review"):
            return
        key = "1" if call.shown.kind == "review" else good_key(call, dice)
        self.late.append((phone, call, call.after(key)))
        following.sending(call, key)
        question = call.shown.question
        if question and call.form:
            call.form.expect(question, meaning(question, key) or "?")
        call.over = True

    def deliver_late(self, _: Phone, dice: Random) -> None:
        """It arrives after all, perhaps when the phone is in another call."""
        if self.late:
            self.world.deliver_late(*self.late.pop(dice.randrange(len(self.late))))

    def drop(self, phone: Phone, dice: Random) -> None:
        """The call drops, and the provider says so or does not."""
        if phone.live:
            self.world.drop(phone, phone.live, told=dice.random() < 0.5)

    # -- what operators do ------------------------------------------------------------------------------------------

    def sweep(self, _: Phone, dice: Random) -> None:
        """Its round, at once or when all calls are long over."""
        self.world.sweep(silent=dice.random() < 0.5)

    def redis_is_emptied(self, *_: object) -> None:
        """Workers remember their calls; calls go on."""
        if self.servers.redis_is_up:
            self.world.redis_is_emptied()

    def redis_goes(self, _: Phone, dice: Random) -> None:
        """For the steps that follow: it hangs, or is killed."""
        self.world.redis_goes(hung=dice.random() < 0.5)

    def postgresql_goes(self, _: Phone, dice: Random) -> None:
        """The same."""
        self.world.postgres_goes(hung=dice.random() < 0.5)

    def servers_return(self, *_: object) -> None:
        """Nobody restarts the gateway for that."""
        self.world.everything_returns()

    def a_web_worker_is_restarted(self, _: Phone, dice: Random) -> None:
        """Its memory is gone."""
        self.world.restart(dice.choice(WORKERS))

    def content_is_reloaded(self, _: Phone, dice: Random) -> None:
        """A greeting, a choice, a question more or less."""
        self.world.reload(dice.choice(EDITIONS))
