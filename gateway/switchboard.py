"""What the hops of one process share: the memory of sessions, calls that dropped, what is asked of the store together.

Decides: what is asked in batches. Must not know: screens, HTTP. All of it runs on one event loop (gateway/loop.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.dropped import Dropped
from gateway.group_commit import GroupCommit
from gateway.runtime import Runtime
from gateway.sessions import Sessions
from handlers import apply, drafts
from handlers.apply import Submission
from handlers.drafts import Call
from menus.content import Content
from menus.state import State
from store.db import Transaction

OPENINGS_LINGER_S, SUBMISSIONS_LINGER_S = 0.002, 0.003
"""While many come. On two busy cores: a tenth more hops, a quarter less of PostgreSQL's time a hop. Three for first
hops left a processor idle where there was one for all; two for submissions were a tenth fewer hops."""
SUBMISSIONS_FIRST_S = 0.02
"""So long hops that have not begun give way to a batch of applications. Sending one is two fifths of a session's work:
whoever does so waits longest, and the others hardly notice (docs/adr/0018)."""
LEAVE_ALONE_S = 2.0
"""After an opening that took too long: so long the next ones do not even ask."""
TURN_S = 60.0
"""For submissions that hold a lock, in a thread: more than their statements can take."""

Sent = tuple[Content, Submission]
"""An application, with the content that its session began with."""


@dataclass(frozen=True)
class Switchboard:
    """One a process; `openings` gives the first state of a call, `submissions` what sending an application gave."""

    runtime: Runtime
    sessions: Sessions
    dropped: Dropped
    openings: GroupCommit[Call, State]
    submissions: GroupCommit[Sent, dict[str, Any]]


def switchboard(runtime: Runtime) -> Switchboard:
    """The process's."""
    sessions = Sessions(runtime.pipe)

    async def opened(calls: Sequence[Call]) -> Sequence[State]:
        default = runtime.settings.default_language
        return await runtime.db.on_loop(lambda tx: drafts.openings(runtime.context(tx), calls, default))

    async def submitted(sent: Sequence[Sent]) -> Sequence[dict[str, Any]]:
        if any(apply.takes_turns(content, [each]) for content, each in sent):
            turn = partial(runtime.db.repeated, lambda tx: _submitted(runtime, tx, sent))
            return await runtime.errands.run(turn, TURN_S)
        return await runtime.db.on_loop(lambda tx: _submitted(runtime, tx, sent))

    return Switchboard(
        runtime,
        sessions,
        Dropped(runtime, sessions),
        GroupCommit(opened, lambda call: call.session, OPENINGS_LINGER_S, LEAVE_ALONE_S),
        GroupCommit(submitted, lambda sent: sent[1].phone, SUBMISSIONS_LINGER_S, first_s=SUBMISSIONS_FIRST_S),
    )


def _submitted(runtime: Runtime, tx: Transaction, sent: Sequence[Sent]) -> list[dict[str, Any]]:
    """One by one version of the content: nearly always there is one."""
    results: dict[int, dict[str, Any]] = {}
    for content in {content.digest: content for content, _ in sent}.values():
        own = [number for number, (version, _) in enumerate(sent) if version.digest == content.digest]
        done = apply.submit_all(runtime.context(tx, content), [sent[number][1] for number in own])
        results |= dict(zip(own, done, strict=True))
    return [results[number] for number in range(len(sent))]
