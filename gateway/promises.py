"""What a hop had no time to wait for, and promised to text: kept in Redis until it is done.

Decides: which effects may be promised, and what is texted when one is done. Must not know: how a hop is timed.
The hop's own thread usually finishes the work, receipt and all; the sweep makes sure of it, and texts what has no
receipt. Performing an effect again changes nothing, so it does not matter which of the two was first.
"""

import json
import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from redis import RedisError

from gateway.runtime import Runtime
from handlers import effects
from handlers.effects import Caller
from handlers.notify import NOTICE
from menus import engine
from menus.content import Content
from menus.gsm import Budget, segments
from menus.state import Effect, State
from store import outbox
from store.db import Transaction

log = logging.getLogger(__name__)

KEY = "promised"
KIND = "promised"
"""Kind of the SMS that keeps a promise where there is no receipt."""
PROMISED = frozenset({"submit", "act"})
_WHOLE = Budget(septets=1000, ucs2=1000)
"""A text message has no pages."""


async def make(runtime: Runtime, caller: Caller, state: State, effect: Effect) -> bool:
    """Promise this effect's result; False when it is none to promise, or when Redis cannot keep the promise."""
    if effect.name not in PROMISED:
        return False
    kept = {"caller": asdict(caller), "state": state.dump(), "effect": asdict(effect), "at": runtime.now().isoformat()}
    try:
        (reply,) = await runtime.pipe.call(("HSET", KEY, f"{caller.session}:{caller.turn}", json.dumps(kept)))
    except RedisError:
        log.warning("a promise cannot be kept: Redis is away too")
        return False
    return not isinstance(reply, Exception)


def mend(runtime: Runtime) -> int:
    """The sweep's part: keep every promise; how many. StoreUnavailable leaves the rest for the next time."""
    try:
        found = cast("dict[bytes, bytes]", runtime.redis.hgetall(KEY))
        for field, value in found.items():
            with runtime.db.transaction() as tx:
                _keep(runtime, tx, json.loads(value))
            runtime.redis.hdel(KEY, field)
    except RedisError:
        log.warning("Redis is away: promises wait")
        return 0
    return len(found)


def _keep(runtime: Runtime, tx: Transaction, kept: dict[str, Any]) -> None:
    caller, content = Caller(**kept["caller"]), runtime.content
    state, effect = State.load(kept["state"]), Effect(**kept["effect"])
    context = runtime.context(tx)
    result = effects.perform(context, caller, effect)
    if effect.name == "submit" and "refused" not in result:
        return  # its receipt is a message already
    if outbox.latest(tx, caller.phone, KIND, datetime.fromisoformat(kept["at"])) is None:
        text = _text(content, state, effect, result)
        outbox.insert(tx, _message(caller, text), context.now)


def _text(content: Content, state: State, effect: Effect, result: dict[str, Any]) -> str:
    """What the screen would have said."""
    step = engine.resume(content, state, effect, result, _WHOLE)
    return step.reply.text if step.reply else content.ussd["fault"][state.language]


def _message(caller: Caller, text: str) -> outbox.NewMessage:
    return outbox.NewMessage(
        phone=caller.phone,
        language=caller.language,
        kind=KIND,
        text=text,
        parts=segments(text),
        priority=NOTICE,
    )
