"""Hops of one session in one process, one after the other.

Decides: how long a hop waits for the one before it. Must not know: what a session is. Everything here runs on one event
loop; hops of other processes are not seen.
"""

import asyncio
from collections import deque

WAIT_S = 4.0
"""For the session's other hop."""

Turns = dict[str, deque[asyncio.Future[None]]]
"""Sessions that have a hop under way, and those that wait for it."""


class Turn:
    """One hop's turn at its session: `async with`."""

    __slots__ = ("_held", "_session", "_turns")

    def __init__(self, turns: Turns, session: str) -> None:
        self._turns, self._session, self._held = turns, session, True

    async def __aenter__(self) -> None:
        waiting = self._turns.get(self._session)
        if waiting is None:
            self._turns[self._session] = deque()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        await asyncio.wait((turn,), timeout=WAIT_S)
        self._held = not turn.cancel()

    async def __aexit__(self, *raised: object) -> None:
        waiting = self._turns[self._session] if self._held else None
        if waiting is None:
            return
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._turns[self._session]
