"""One USSD hop: (session, transcript) in, `CON …` or `END …` out, the same for the same for ever.

Decides: what is new in a transcript, what is a repeat, and what is said when a part of us is away. Must not know:
HTTP, any provider's field names, what a screen says.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.runtime import Runtime
from gateway.sessions import Record, Sessions
from handlers import effects, profile
from handlers.effects import Caller
from menus import engine
from menus.digits import ascii_digits
from menus.engine import Step
from menus.gsm import Budget
from menus.normalise import tidy
from menus.phones import mask
from menus.state import State
from store import applications
from store.db import StoreUnavailable

log = logging.getLogger(__name__)

CHANNEL = "ussd"


@dataclass(frozen=True, slots=True)
class Hop:
    """What a provider's adapter makes of one request. `transcript`: every input so far, joined by `*`."""

    session: str
    phone: str
    code: str
    transcript: str
    network: str | None


def answer(runtime: Runtime, sessions: Sessions, hop: Hop) -> str:
    """The body for this hop. Duplicates get the stored one; anything impossible gets a true and polite END."""
    with sessions.turn(hop.session):
        record = sessions.load(hop.session)
        if record is None:
            return _begun(runtime, sessions, hop)
        if record.phone != hop.phone:
            log.warning("another phone inside a session is refused: %s", mask(hop.phone))
            return fault(runtime, record.state.get("language", "ar"))
        if hop.transcript in record.answered:
            return record.answered[hop.transcript]
        return _continued(runtime, sessions, hop, record)


def fault(runtime: Runtime, language: str) -> str:
    """The END for a request that cannot be served."""
    return f"END {runtime.content.ussd['fault'][language]}"


def _continued(runtime: Runtime, sessions: Sessions, hop: Hop, record: Record) -> str:
    """New input is what follows the last transcript that moved the session; `*` inside it is the citizen's own."""
    typed = _new_input(record.transcript, hop.transcript)
    if typed is None or record.ended:
        log.warning("a transcript that does not follow is answered with the last screen; ended: %s", record.ended)
        return record.answered[record.transcript]
    walk = _Walk(runtime, hop, record.turns)
    return _saved(runtime, sessions, hop, walk.on(State.load(record.state), [typed]), walk, record.answered)


def _new_input(before: str, after: str) -> str | None:
    if not before:
        return after or None
    return after[len(before) + 1 :] if after.startswith(f"{before}*") else None


def _begun(runtime: Runtime, sessions: Sessions, hop: Hop) -> str:
    """A session that we do not know: new, dialled with a shortcut, or forgotten by Redis; its inputs are played."""
    inputs = hop.transcript.split("*") if hop.transcript else []
    walk = _Walk(runtime, hop, 0)
    state = walk.opened()
    sent = walk.sent_before() if inputs else None
    if sent is not None:
        step = engine.start(runtime.content, state.to("end", action="done", case={"reference": sent}), walk.budget)
    else:
        step = walk.on(state, inputs)
    return _saved(runtime, sessions, hop, step, walk, {})


def _saved(runtime: Runtime, sessions: Sessions, hop: Hop, step: Step, walk: "_Walk", answered: dict[str, str]) -> str:
    assert step.reply is not None  # a walk performs every effect
    body = f"{'END' if step.reply.end else 'CON'} {step.reply.text}"
    record = Record(
        phone=hop.phone,
        digest=runtime.content.digest,
        transcript=hop.transcript,
        state=step.state.dump(),
        turns=walk.turns,
        ended=step.reply.end,
        answered={**answered, hop.transcript: body},
    )
    sessions.save(hop.session, record)
    return body


class _Walk:
    """The inputs of one hop, played against the engine, each effect performed in a transaction of its own."""

    def __init__(self, runtime: Runtime, hop: Hop, turns: int) -> None:
        self._runtime, self._hop, self.turns = runtime, hop, turns
        self.budget: Budget = runtime.content.budget(hop.network)

    def opened(self) -> State:
        """The first state of a session: with what we know of the phone, or nothing while the store is away."""
        default = self._runtime.settings.default_language
        try:
            with self._runtime.db.transaction() as tx:
                context = self._runtime.context(tx)
                language, known = profile.known(context, self._hop.phone, self._hop.session, default)
        except StoreUnavailable:
            log.warning("the store is away: open")
            today = self._runtime.now().astimezone(self._runtime.zone).date()
            language, known = default, {"today": today.isoformat()}
        return State(language="en" if language == "en" else "ar", known=known)

    def sent_before(self) -> str | None:
        """The reference that this session was given before Redis forgot it."""
        try:
            with self._runtime.db.transaction() as tx:
                case = applications.of_submission(tx, f"{CHANNEL}:{self._hop.session}")
        except StoreUnavailable:
            return None
        return case.reference if case and case.phone == self._hop.phone else None

    def on(self, state: State, inputs: Sequence[str]) -> Step:
        """The step after the last input; inputs after an end are not played."""
        step = engine.start(self._runtime.content, state, self.budget)
        for typed in inputs:
            if step.reply and step.reply.end:
                break
            self.turns += 1
            step = self._one(step.state, ascii_digits(tidy(typed)).strip())
        return step

    def _one(self, state: State, typed: str) -> Step:
        step = engine.advance(self._runtime.content, state, typed, self.budget)
        try:
            while step.effect:
                step = self._performed(step)
        except StoreUnavailable:
            log.warning("the store is away: %s", step.effect.name if step.effect else "")
            return engine.unavailable(self._runtime.content, state, self.budget)
        return step

    def _performed(self, step: Step) -> Step:
        assert step.effect is not None
        caller = Caller(self._hop.phone, CHANNEL, self._hop.session, self.turns, step.state.language)
        with self._runtime.db.transaction() as tx:
            result = effects.perform(self._runtime.context(tx), caller, step.effect)
        return engine.resume(self._runtime.content, replace(step.state), step.effect, result, self.budget)
