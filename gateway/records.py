"""The record of one live USSD session, and its bytes in Redis.

Decides: what is kept of a session, in how many bytes. Must not know: Redis, screens.

No reply is kept: it is a function of the state, and an older state a function of the first one and the inputs since.
"""

import hashlib
import logging
import zlib
from typing import Any, ClassVar

from pydantic_core import from_json, to_json

from menus.state import State, value

log = logging.getLogger(__name__)

# What records have in common, zlib's best matches near the end. A record is read with the dictionary that it was
# written with: a change here, or in the order of the values, needs another mark, and forgets the sessions under way.
_COMMON = (
    b'"review","end","done",{"reference":"","retry","district":"1603","subdistrict":"160301",'
    b'"card":"none","consent":"yes","use":"home","place_same":"same","request":"new",'
    b'"permit","school","inputs","produce","grievance","farming","water",'
    b'false,[0,1,3,5,7,9,11,13],[],["menu","en","main","",{},0,[],{},"",0,0,"",false],'
    b'["form","en","main","water",{"request":"new","use":"home"},'
    b'{"today":"2026-01-01","known_consent":"yes","known_card":"yes","known_place":"yes","place":"1601"},'
    b'[],{},"",0,0,"",false]],["menu","ar","main","",{},0,[],{},"",0,0,"",false],["form","ar","main","water",{"'
    b'",0,false,[0],[],null,["menu","ar","main","",{},'
    b'{"today":"2026-01-01","known_consent":"yes","known_card":"yes","known_place":"yes","place":"1601"},'
    b'[],{},"",0,0,"",false]]["+96477'
)
_MARK = b"\x02"
"""Of this release: no packed record of another one begins so."""
_PACKING = zlib.compressobj(3, zlib.DEFLATED, -10, 3, zlib.Z_FIXED, _COMMON)
"""Copied for each record, so that the dictionary is read once."""
_KNOWN = 5
"""Place of `State.known` in a row."""


@value
class Record:
    """One session: the state that `first` was shown, at transcript[:cuts[0]], and one input for each cut since.

    `results`: what the outside said to the effects since `first`, in order; null where it could not be asked.
    """

    __slots__: ClassVar[tuple[str, ...]]

    phone: str
    digest: str
    transcript: str
    state: State
    turns: int
    ended: bool
    first: State
    cuts: tuple[int, ...]
    results: tuple[Any, ...] = ()
    stored: bytes = b""
    """This record as Redis has it; empty for one that is not written yet."""

    def written(self, stored: bytes) -> "Record":
        """The same record as Redis has it now; several times as fast as `dataclasses.replace`."""
        head = self.phone, self.digest, self.transcript, self.state, self.turns, self.ended, self.first
        return Record(*head, self.cuts, self.results, stored)


def is_earlier(one: Record, other: Record) -> bool:
    """Whether `one` is where the session of `other` stood some inputs ago."""
    if one.phone != other.phone or one.ended or len(one.transcript) >= len(other.transcript):
        return False
    return not one.transcript or other.transcript.startswith(f"{one.transcript}*")


def key(session: str) -> bytes:
    """Twelve bytes: session ids are long, and keys are most of the memory."""
    return b"s:" + hashlib.blake2b(session.encode(), digest_size=10).digest()


def pack(record: Record) -> bytes:
    """The record as Redis keeps it; equal records are equal bytes."""
    now, first = record.state, record.first
    before = None if first is now or first == now else _row(first, 0 if first.known == now.known else first.known)
    head = (record.phone, record.digest, record.transcript, record.turns, record.ended, record.cuts, record.results)
    packing = _PACKING.copy()
    return _MARK + packing.compress(to_json((*head, before, _row(now, now.known)))) + packing.flush()


def _row(state: State, known: dict[str, str] | int) -> tuple[Any, ...]:
    """A state's values in the order of its fields; `known` is 0 where it is that of the other state."""
    place = state.at, state.language, state.menu, state.service, state.answers, known
    return *place, state.cases, state.case, state.action, state.page, state.tries, state.notice, state.first


def unpack(stored: bytes) -> Record | None:
    """The record of `pack`; None for bytes of another release, or of nobody."""
    try:
        if stored[:1] != _MARK:
            raise ValueError("of another release")
        values = from_json(zlib.decompressobj(-10, _COMMON).decompress(stored[1:]))
        phone, digest, transcript, turns, ended, cuts, results, before, row = values
        if before and before[_KNOWN] == 0:
            before[_KNOWN] = row[_KNOWN]
        state = State(*row)
        first = State(*before) if before else state
        return Record(phone, digest, transcript, state, turns, ended, first, tuple(cuts), tuple(results), stored)
    except (ValueError, TypeError, LookupError, zlib.error):
        log.warning("session record of another release is dropped")
    return None
