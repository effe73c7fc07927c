"""The inputs of one hop, played against the engine, each effect performed in a transaction of its own.

Decides: what a session opens with, what an effect that fails or lasts too long leads to. Must not know: HTTP, what
is remembered of a session.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field
from typing import Any

from gateway import promises
from gateway.errands import HOP_S, MARGIN_S, TooSlow
from gateway.switchboard import Switchboard
from handlers import effects
from handlers.apply import Submission
from handlers.drafts import Call
from handlers.effects import Caller
from menus import carry, engine, unfinished
from menus.content import Content
from menus.engine import Step
from menus.gsm import Budget
from menus.state import Effect, State, value
from store import applications, idempotency
from store.db import StoreUnavailable, Transaction

log = logging.getLogger(__name__)

CHANNEL = "ussd"
SUBMIT = "submit"
"""The effect that goes to the store in batches."""
OPENING_S = 3.0
"""For what is known of a phone: without it the menus still answer."""
AWAY, PROMISED, SLOW = None, "promised", "fault"
"""Stand in a session's results for an effect without one; the last two are also the text keys of the END."""


@value
class Hop:
    """What a provider's adapter makes of one request. `transcript`: every input so far, joined by `*`.

    `deadline`: on the monotonic clock; an END is on its way before. `anew`: the session's memory is lost and the wire
    does not bring it back, so it begins again at this turn, later than any it has had, and plays nothing; else 0.
    """

    session: str
    phone: str
    code: str
    transcript: str
    network: str | None
    deadline: float = field(default_factory=lambda: time.monotonic() + HOP_S)
    anew: int = 0

    @property
    def call(self) -> str:
        """What the store is to take for one dialling: a session that begins anew opens with what is true by now."""
        return f"{self.session}+{self.anew}" if self.anew else self.session


class Walk:
    """One hop's play. `results` grows by what the outside said.

    `before_effect` runs ahead of each, and beside an application: that is the longest hop, and whichever call or
    process sends it, the store makes it once, and not at all when a newer call has dropped it.
    """

    def __init__(
        self,
        board: Switchboard,
        content: Content,
        hop: Hop,
        turns: int,
        before_effect: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._board, self._runtime, self.content, self._hop, self.turns = board, board.runtime, content, hop, turns
        self._before_effect = before_effect
        self.budget: Budget = content.budget(hop.network)
        self.results: list[Any] = []

    async def opened(self, inputs: list[str]) -> State:
        """The first state of a session: with what we know of the phone, or nothing while the store is away."""
        hop, default = self._hop, self._runtime.settings.default_language
        target = self.content.shortcuts.get(inputs[0]) if len(inputs) == 1 else None
        call = Call(hop.phone, hop.call, bare=not inputs, named=target.service if target else None)
        left = await self._board.dropped.redialled(hop.phone, hop.session, min(OPENING_S, self._left()))
        try:
            return await self._board.openings.do(call, min(OPENING_S, self._left()))
        except (StoreUnavailable, TooSlow):
            log.warning("the store is away: open")
        left = left and carry.carried(self.content, left)
        if left and left.at == "resume" and (call.bare or call.named == left.service):
            return left
        today = self._runtime.now().astimezone(self._runtime.zone).date()
        return State(language="en" if default == "en" else "ar", known={"today": today.isoformat()})

    def shortcut(self, inputs: list[str]) -> list[str]:
        """The shortcut that the inputs begin with, if they do."""
        return [each for each in inputs[:1] if each in self.content.shortcuts]

    async def done_before(self, state: State, inputs: list[str]) -> tuple[str, dict[str, Any]] | None:
        """What these inputs did before Redis forgot the session, as its last text and the case in it."""
        keys = {self._hop.session: None, state.known.get(unfinished.ORIGIN, self._hop.session): None}
        try:
            left = min(OPENING_S, self._left())
            return await self._runtime.errands.run(lambda: self._done(list(keys), len(inputs)), left)
        except (StoreUnavailable, TooSlow):
            return None

    def _done(self, keys: list[str], turn: int) -> tuple[str, dict[str, Any]] | None:
        with self._runtime.db.transaction() as tx:
            sent = (applications.of_submission(tx, f"{CHANNEL}:{key}") for key in keys)
            case = next((each for each in sent if each), None)
            acted = idempotency.recall(tx, f"{CHANNEL}:{self._hop.session}:{turn}")
            about = applications.find(tx, acted.result.get("reference", "")) if acted else None
        if case and case.phone == self._hop.phone:
            return "done", {"reference": case.reference}
        if acted is None or (about is not None and about.phone != self._hop.phone):
            return None
        return acted.result.get("refused", "acted"), acted.result

    async def on(self, state: State, inputs: Sequence[str]) -> Step:
        """The step after the last input; inputs after an end are not played."""
        step = None if inputs else engine.start(self.content, state, self.budget)
        for typed in inputs:
            self.turns += 1
            step = await self._one(state, engine.cleaned(typed))
            state = step.state
            if step.reply and step.reply.end:
                break
        assert step is not None
        return step

    async def _one(self, state: State, typed: str) -> Step:
        step = engine.advance(self.content, state, typed, self.budget)
        while step.effect:
            self.results.append(await self._performed_once(step.state, step.effect))
            step = after(self.content, state, step, self.results[-1], self.budget)
        return step

    async def _performed_once(self, state: State, effect: Effect) -> Any:
        """What the outside said, if it is for this hop to do it; Overtaken otherwise."""
        if self._before_effect is None:
            return await self._result(state, effect)
        if effect.name != SUBMIT:
            await self._before_effect()
            return await self._result(state, effect)
        begun = asyncio.create_task(self._result(state, effect))
        try:
            await self._before_effect()
        except BaseException:
            begun.cancel()  # what is on its way is made all the same
            raise
        return await begun

    async def _result(self, state: State, effect: Effect) -> Any:
        caller = Caller(self._hop.phone, CHANNEL, self._hop.session, self.turns, state.language)
        try:
            if effect.name == SUBMIT:
                content, args = carry.sent(self.content, self._runtime.content, effect.args)
                sent = Submission(caller.phone, CHANNEL, caller.session, args)
                return await self._board.submissions.do((content, sent), self._left())
            return await self._runtime.errands.run(lambda: self._performed(caller, effect), self._left())
        except StoreUnavailable as error:
            log.warning("the store is away: %s: %s", effect.name, type(error.__cause__).__name__)
            return AWAY
        except TooSlow:
            log.warning("the store takes too long: %s", effect.name)
            return PROMISED if await promises.make(self._runtime, self.content, caller, state, effect) else SLOW

    def _performed(self, caller: Caller, effect: Effect) -> dict[str, Any]:
        def perform(tx: Transaction) -> dict[str, Any]:
            return effects.perform(self._runtime.context(tx, self.content), caller, effect)

        return self._runtime.db.repeated(perform)

    def _left(self) -> float:
        return self._hop.deadline - MARGIN_S - time.monotonic()


def after(content: Content, before: State, step: Step, result: Any, budget: Budget) -> Step:
    """The step that an effect's result leads to; `before`: where the input found the session."""
    assert step.effect is not None
    if result is AWAY and step.effect.name == engine.LANGUAGE:  # for this call it is changed all the same
        return engine.resume(content, step.state, step.effect, {}, budget)
    if result is AWAY:
        return engine.unavailable(content, before, budget)
    if result in (PROMISED, SLOW):
        return engine.start(content, before.to("end", action=result, case={}), budget)
    return engine.resume(content, step.state, step.effect, result, budget)


def replayed(content: Content, state: State, inputs: Sequence[str], results: Sequence[Any], budget: Budget) -> Step:
    """The step after these inputs, played again with what the outside said the first time. Touches nothing."""
    step, said = engine.start(content, state, budget), iter(results)
    for typed in inputs:
        before = step.state
        step = engine.advance(content, before, engine.cleaned(typed), budget)
        while step.effect:
            step = after(content, before, step, next(said), budget)
    return step
