"""What an officer does, once: the deed and the answer to it, kept under its idempotency key in one transaction.

Decides: when an action is a repeat, and what a repeat is answered. Must not know: what officers may do, HTTP.
"""

import hashlib
import json
from collections.abc import Callable

from pydantic import BaseModel

from gateway.api import problems
from gateway.api.models import Case, ReferencedAction
from gateway.api.operation import Caller
from gateway.api.reply import Reply, ok
from handlers import desk, personal
from handlers.context import Context, Refused
from store import idempotency
from store.db import Transaction
from store.idempotency import Remembered

Make = Callable[[Transaction], Reply]
"""Does it in the transaction, and says what is answered."""


class _OvertakenError(Exception):
    """Another request under this key was committed first; what this one did is rolled back."""


def act(caller: Caller, asked: ReferencedAction, index: int | None = None) -> Reply:
    """Make the move, or say why not; `index` is its place in a bulk request. StoreUnavailable."""
    return once(caller, "one" if index is None else str(index), asked, lambda tx: _made(caller, asked, tx))


def once(caller: Caller, place: str, asked: BaseModel, make: Make) -> Reply:
    """What `make` answers; a repeat under the caller's key, at this place, gets the first answer. StoreUnavailable."""
    if caller.key is None:
        return caller.runtime.db.repeated(make)
    key = f"api:{caller.officer.id}:{place}:{caller.key}"
    try:
        return _once(caller, asked, key, make)
    except _OvertakenError:
        return _once(caller, asked, key, make)


def _once(caller: Caller, asked: BaseModel, key: str, make: Make) -> Reply:
    fingerprint = _fingerprint(asked)

    def do(tx: Transaction) -> Reply:
        remembered = idempotency.recall(tx, key)
        if remembered is not None:
            return _again(remembered, fingerprint)
        reply = make(tx)
        kept = {"status": reply.status, "body": reply.body, "content_type": reply.content_type}
        if not idempotency.remember(tx, key, fingerprint, kept, caller.runtime.now()):
            raise _OvertakenError
        return reply

    return caller.runtime.db.repeated(do)


def _made(caller: Caller, asked: ReferencedAction, tx: Transaction) -> Reply:
    context: Context = caller.runtime.context(tx)
    done = desk.act(context, caller.officer, asked.reference, asked.action, asked.params, asked.expected_version)
    if isinstance(done, Refused):
        return problems.reply(done.code, done.message, done.fields)
    return ok(Case.model_validate(personal.glimpse(context.content, done, caller.officer)))


def _again(remembered: Remembered, fingerprint: str) -> Reply:
    if remembered.fingerprint != fingerprint:
        return problems.reply("key_reused", "Use a new Idempotency-Key for a new request.")
    return Reply(**remembered.result)


def _fingerprint(asked: BaseModel) -> str:
    return hashlib.sha256(json.dumps(asked.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
