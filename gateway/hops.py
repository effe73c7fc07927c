"""One USSD hop: (session, transcript) in, `CON …` or `END …` out, the same for the same for ever.

Decides: what is new in a transcript, what is a repeat, and which of two rival hops holds. Must not know: HTTP, any
provider's field names, what a screen says, how effects are performed.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

from gateway import dialled
from gateway.errands import MARGIN_S, TooSlow
from gateway.playing import Hop, Walk, replayed
from gateway.records import Record
from gateway.runtime import Runtime
from gateway.sessions import Overtaken, Sessions
from gateway.switchboard import Switchboard
from menus import carry, engine, unfinished
from menus.content import Content
from menus.engine import Step
from menus.phones import mask
from menus.state import State
from store.db import StoreUnavailable

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""At a hop that others keep overtaking; each of those moved the session, so it does not happen twice in a row."""


async def answer(board: Switchboard, hop: Hop) -> str:
    """The body for this hop. Duplicates get the same bytes; anything impossible gets a true and polite END."""
    sessions = board.sessions
    await board.submissions.clear()
    async with sessions.turn(hop.session):
        record = sessions.recent(hop.session)
        sure = record is None or not _is_next(record, hop)
        # A session's first hop is mostly new: `save` finds out when it is not.
        if sure and (record is not None or hop.transcript):
            record = await sessions.load(hop.session)
        for _ in range(ATTEMPTS):
            try:
                return await _answered(board, hop, record, sure)
            except Overtaken as other:
                record, sure = other.record, True
        raise RuntimeError("overtaken too often")


def fault(runtime: Runtime, language: str) -> str:
    """The END for a request that cannot be served."""
    return f"END {runtime.content.ussd['fault'][language]}"


def _is_next(record: Record, hop: Hop) -> bool:
    """Whether the record at hand is surely the one that this hop needs: it repeats it, or adds one plain input."""
    if hop.transcript == record.transcript:
        return True
    typed = _new_input(record.transcript, hop.transcript)
    return typed is not None and "*" not in typed and not record.ended


async def _answered(board: Switchboard, hop: Hop, record: Record | None, sure: bool) -> str:
    runtime = board.runtime
    if record is None:
        return await _begun(board, hop)
    if record.phone != hop.phone:
        log.warning("another phone inside a session is refused: %s", mask(hop.phone))
        return fault(runtime, record.state.language)
    typed = None if record.ended else _new_input(record.transcript, hop.transcript)
    if typed is None:
        return await _again(runtime, hop, record)
    verify = None if sure else _verified(board.sessions, hop, record)
    return await _continued(board, hop, record, typed, verify)


def _verified(sessions: Sessions, hop: Hop, record: Record) -> Callable[[], Awaitable[None]]:
    """Before an act, Redis is asked whether another process has moved the session."""

    async def verify() -> None:
        found = await sessions.load(hop.session)
        if found is not None and found.stored != record.stored:
            raise Overtaken(found)

    return verify


async def _own(runtime: Runtime, hop: Hop, record: Record) -> Content | None:
    """The version that a session began with; None when it is gone."""
    held = runtime.versions.of(record.digest)
    if held is not None:
        return held
    return await runtime.shelf.fetched(record.digest, hop.deadline - MARGIN_S - time.monotonic())


async def _again(runtime: Runtime, hop: Hop, record: Record) -> str:
    """What this transcript was answered; the last screen for one that neither repeats nor follows.

    When the version that it was answered with is gone: the screen from which the next input would go on.
    """
    own = await _own(runtime, hop, record)
    content = own or runtime.content
    budget = content.budget(hop.network)
    step = engine.start(content, record.state if own else carry.carried(content, record.state), budget)
    if own and hop.transcript != record.transcript:
        ends = [end for end in record.cuts if end <= len(hop.transcript)]
        if ends and ends[-1] == len(hop.transcript) and record.transcript.startswith(hop.transcript):
            inputs = [_between(record.transcript, *pair) for pair in pairwise(ends)]
            step = replayed(content, record.first, inputs, record.results, budget)
        else:
            log.warning("a transcript that does not follow is answered with the last screen; ended: %s", record.ended)
    return _body(step)


def _between(transcript: str, start: int, end: int) -> str:
    return transcript[start + 1 if start else 0 : end]


def _new_input(before: str, after: str) -> str | None:
    """What follows the last transcript that moved the session; `*` inside it is the citizen's own."""
    if not before:
        return after or None
    return after[len(before) + 1 :] if after.startswith(f"{before}*") else None


async def _continued(
    board: Switchboard, hop: Hop, record: Record, typed: str, before_effect: Callable[[], Awaitable[None]] | None
) -> str:
    """The session goes on with the content it began with, or is carried to the current one when that is gone."""
    runtime = board.runtime
    own, state, first, cuts = await _own(runtime, hop, record), record.state, record.first, record.cuts
    walk = Walk(board, own or runtime.content, hop, record.turns, before_effect)
    inputs = [typed]
    if own is None:
        log.warning("the content that a session began with is gone: it is carried to the present one")
        state = first = carry.carried(walk.content, state)
        inputs = [typed] if carry.is_same_place(walk.content, record.state, state) else []
        cuts = (len(record.transcript),) if inputs else ()
    step = await walk.on(state, inputs)
    results = (*(record.results if own else ()), *walk.results)
    made = _record(hop, walk, step, first, (*cuts, len(hop.transcript)), results, record.stored)
    return await _saved(board, hop, step, made, unfinished.is_unfinished(state))


async def _begun(board: Switchboard, hop: Hop) -> str:
    """A session that we do not know: new, dialled with a shortcut, or forgotten by Redis; its inputs are played."""
    runtime = board.runtime
    inputs = [] if hop.anew else dialled.inputs(hop.code, hop.transcript, runtime.settings.ussd_code)
    walk = Walk(board, runtime.content, hop, hop.anew)
    narrow = walk.budget.first
    if narrow:  # for every screen played: the keys of a forgotten call turn the pages of whichever was its first
        walk.budget = narrow
    state = await walk.opened(inputs)
    if hop.anew:
        state = state.but(notice="anew")
    done = await walk.done_before(state, inputs) if inputs or hop.anew else None
    if done is not None:
        step = engine.start(walk.content, state.to("end", action=done[0], case=done[1]), walk.budget)
    else:
        # A shortcut that brought up its own unfinished form has done its work.
        named = state.at == "resume" and inputs[:1] == walk.shortcut(inputs)
        step = await walk.on(state, inputs[1:] if named else inputs)
    if narrow:
        step = replace(step, state=step.state.but(first=True))
    made = _record(hop, walk, step, step.state, (len(hop.transcript),), (), b"")
    return await _saved(board, hop, step, made, False)


def _record(
    hop: Hop, walk: Walk, step: Step, first: State, cuts: tuple[int, ...], results: tuple[Any, ...], stored: bytes
) -> Record:
    return Record(
        phone=hop.phone,
        digest=walk.content.digest,
        transcript=hop.transcript,
        state=step.state,
        turns=walk.turns,
        ended=step.reply is not None and step.reply.end,
        first=first,
        cuts=cuts,
        results=results,
        stored=stored,
    )


async def _saved(board: Switchboard, hop: Hop, step: Step, made: Record, was_unfinished: bool) -> str:
    """Write the session down, once with a note of its form, for when the call drops; keep a form that an END leaves."""
    is_unfinished = unfinished.is_unfinished(step.state)
    note = board.dropped.opening(hop.phone, hop.session) if is_unfinished and not made.ended else None
    await board.sessions.save(hop.session, made, note, is_noted=was_unfinished)
    if step.reply:
        board.runtime.funnel.note(hop.session, made.turns, step.state, step.reply, hop.network, made.digest)
    if is_unfinished and made.ended:
        await _keep(board, hop, step)
    return _body(step)


def _body(step: Step) -> str:
    assert step.reply is not None  # a walk performs every effect
    return f"{'END' if step.reply.end else 'CON'} {step.reply.text}"


async def _keep(board: Switchboard, hop: Hop, step: Step) -> None:
    """The form as a draft, now that the call is over."""
    left = hop.deadline - MARGIN_S - time.monotonic()
    with suppress(StoreUnavailable, TooSlow):  # the sweep keeps it
        await board.dropped.keep(hop.phone, hop.session, step.state, left, tell=True)
