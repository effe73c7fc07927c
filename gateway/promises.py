"""What a hop had no time to wait for, and promised to text: kept in Redis until it is done.

Decides: which effects may be promised, what is texted when one is done, and when one is given up. Must not know: how a
hop is timed.
The hop's own thread usually finishes the work, receipt and all; the sweep makes sure of it, and texts what has no
receipt. Performing an effect again changes nothing, so it does not matter which of the two was first.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, cast

from redis import RedisError

from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from handlers import effects
from handlers.effects import Caller
from handlers.notify import NOTICE
from menus import carry, engine
from menus.content import Content
from menus.gsm import Budget, segments
from menus.state import Effect, State
from store import idempotency, outbox
from store.db import StoreUnavailable, Transaction

log = logging.getLogger(__name__)

KEY = "promised"
KIND = "promised"
"""Kind of the SMS that keeps a promise where there is no receipt."""
PROMISED = frozenset({"submit", "act"})
_WHOLE = Budget(septets=1000, ucs2=1000)
"""A text message has no pages."""
TRIES = 9
"""In three quarters of an hour (gateway/setbacks.py): a release is rolled out, or a bad reload taken back, sooner."""


async def make(runtime: Runtime, content: Content, caller: Caller, state: State, effect: Effect) -> bool:
    """Promise this effect's result; False when it is none to promise, or when Redis cannot keep the promise.

    `at` is for the sweep of the release before.
    """
    if effect.name not in PROMISED:
        return False
    about = {"digest": content.digest, "at": runtime.now().isoformat()}
    kept = {"caller": asdict(caller), "state": state.dump(), "effect": asdict(effect), **about}
    try:
        (reply,) = await runtime.pipe.call(("HSET", KEY, f"{caller.session}:{caller.turn}", json.dumps(kept)))
    except RedisError:
        log.warning("a promise cannot be kept: Redis is away too")
        return False
    return not isinstance(reply, Exception)


def mend(runtime: Runtime, setbacks: Setbacks) -> int:
    """The sweep's part: try every promise; how many were kept. StoreUnavailable leaves the rest for the next time."""
    number = 0
    try:
        for field, value in cast("dict[bytes, bytes]", runtime.redis.hgetall(KEY)).items():
            if not setbacks.waits(name := field.decode(), runtime.now()):
                number += _tried(runtime, setbacks, name, value)
    except RedisError:
        log.warning("Redis is away: promises wait")
    return number


def _tried(runtime: Runtime, setbacks: Setbacks, name: str, value: bytes) -> bool:
    """Whether it was kept. One that cannot be kept holds up no other, and is given up in the end."""
    kept = _done(runtime, "a promise cannot be kept", lambda tx: _keep(runtime, tx, name, json.loads(value)))
    if not kept and setbacks.add(name, runtime.now()) < TRIES:
        return False
    if not kept:
        _done(runtime, "a promise is given up untold", lambda tx: _give_up(runtime, tx, name, json.loads(value)))
    runtime.redis.hdel(KEY, name)
    setbacks.forget(name)
    return kept


def _done(runtime: Runtime, otherwise: str, work: Callable[[Transaction], None]) -> bool:
    try:
        runtime.db.repeated(work)
        return True
    except StoreUnavailable:
        raise
    except Exception as error:
        log.error("%s: %s", otherwise, type(error).__name__)
        return False


def _keep(runtime: Runtime, tx: Transaction, name: str, kept: dict[str, Any]) -> None:
    """By the version in which it was made, as the hop would have; by the present one when that is gone."""
    caller, own = Caller(**kept["caller"]), runtime.shelf.now(kept.get("digest", ""))
    state, effect = State.load(kept["state"]), Effect(**kept["effect"])
    content = by = own or runtime.content
    if effect.name == "submit":
        by, args = carry.sent(own, runtime.content, effect.args)
        effect = replace(effect, args=args)
    result = effects.perform(runtime.context(tx, by), caller, effect)
    if effect.name == "submit" and "refused" not in result:
        return  # its receipt is a message already
    text = _text(content, state if own else carry.carried(content, state), effect, result)
    _tell(runtime, tx, name, caller.phone, caller.language, text)


def _give_up(runtime: Runtime, tx: Transaction, name: str, kept: dict[str, Any]) -> None:
    """What was promised is never done, and the citizen may not wait for it for ever."""
    phone, language = kept["caller"]["phone"], kept["caller"]["language"]
    _tell(runtime, tx, name, phone, language, runtime.content.ussd["fault"][language])


def _tell(runtime: Runtime, tx: Transaction, name: str, phone: str, language: str, text: str) -> None:
    """One SMS for one promise, whichever sweep is first and however often it is tried."""
    now = runtime.now()
    if idempotency.remember(tx, f"{KIND}:{name}", KIND, {}, now):
        outbox.insert(tx, outbox.NewMessage(phone, language, KIND, text, segments(text), NOTICE), now)


def _text(content: Content, state: State, effect: Effect, result: dict[str, Any]) -> str:
    """What the screen would have said."""
    step = engine.resume(content, state, effect, result, _WHOLE)
    return step.reply.text if step.reply else content.ussd["fault"][state.language]
