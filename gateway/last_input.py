"""A wire that sends the last input alone: each of its hops is given the transcript that led there, from memory.

Decides: what such a wire begins a session with, what is a repeat on it, what becomes of a session whose memory is lost.
Must not know: screens, HTTP. Behind it a hop is as on any other wire: replay-safe by (session, transcript).

The same input twice is one input delivered twice, or one key pressed twice; only time tells them apart. It is a repeat
while the first is being answered and for `REPEAT_S` after that; later it is a new input. So a repeat that comes later
still, or that another input has overtaken, is taken for something typed: this wire cannot say it better. Copies at
once need no clock: each is the same step from the same record, and of those one is made (gateway/sessions.py).

The transcript cannot be had from the wire, so a session that Redis lost begins anew and says so; what was typed into
the void is not played. While Redis is away nobody knows where a call stands: it ends in polite words.
"""

import logging
from dataclasses import replace

from redis import RedisError

from gateway import broken_hops, dialled, hops
from gateway.callbacks import BadForm
from gateway.playing import Hop
from gateway.records import Record
from gateway.runtime import Runtime
from gateway.switchboard import Switchboard

log = logging.getLogger(__name__)

REPEAT_S = 3.0
"""After an answer: nobody gets a screen, reads it and sends the same key again in less; a repeat by a broken connection
comes at once."""
MAX_TRANSCRIPT = 2000
"""Characters of a session, as of one transcript on other wires."""


async def answer(board: Switchboard, hop: Hop) -> str:
    """`hops.answer` for a hop whose transcript is its last input. BadForm when the session has been typed too much."""
    try:
        record, age_s = await board.sessions.aged(hop.session)
    except RedisError:
        log.warning("session memory is away: a last input alone cannot be placed")
        await broken_hops.note(board, hop)
        return hops.fault(board.runtime, board.runtime.settings.default_language)
    if record is None:
        return await hops.answer(board, _first(board.runtime, hop))
    transcript = _transcript(record, age_s, hop, board.runtime.settings.ussd_code)
    if len(transcript) > MAX_TRANSCRIPT:
        raise BadForm("the session's transcript is too long")
    return await hops.answer(board, replace(hop, transcript=transcript))


def _first(runtime: Runtime, hop: Hop) -> Hop:
    """The first hop of a session, or of what is left of one: a named shortcut is dialled, any other input is lost."""
    typed, ours = hop.transcript, runtime.settings.ussd_code
    if dialled.opens(hop.code, typed, ours):
        return replace(hop, code=typed if dialled.tail(typed, ours) else hop.code, transcript="")
    if typed.split("*")[0] in runtime.content.shortcuts:
        return hop
    log.warning("a session that is not remembered begins anew")
    return replace(hop, anew=int(runtime.now().timestamp()))


def _transcript(record: Record, age_s: float, hop: Hop, ours: str) -> str:
    """The record's, where this hop adds nothing to it; else with the input, in which `*` is the citizen's own."""
    typed, before = hop.transcript, record.transcript
    # Nothing sent, and a first hop's repeat, look alike here: both get the present screen.
    if not typed or dialled.is_dial_string(typed, ours):
        return before
    is_fresh = 0 <= age_s < REPEAT_S  # a record that is held for a day (gateway/sessions.py) has no age
    if is_fresh and (_was_last(record, typed) or (not before and dialled.opens(hop.code, typed, ours))):
        return before
    return f"{before}*{typed}" if before else typed


def _was_last(record: Record, typed: str) -> bool:
    if len(record.cuts) > 1:
        start = record.cuts[-2]
        return record.transcript[start + 1 if start else 0 :] == typed
    # A first transcript, or a session carried to other content, whose earlier cuts are gone.
    return record.transcript == typed or record.transcript.endswith(f"*{typed}")
