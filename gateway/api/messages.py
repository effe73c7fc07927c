"""The operations on messages: list those that reached nobody, send one again.

Decides: what is asked and answered. Must not know: rights, Flask.
"""

import re
from typing import Literal

from pydantic import Field

from gateway.api import acting, operation, problems
from gateway.api.models import Asked, Message, Moment, Shown
from gateway.api.operation import Caller
from gateway.api.reply import Reply, ok
from handlers import messages
from handlers.context import Refused
from store.db import Transaction
from store.unreached import STATES


class MessageFilter(Asked):
    """Which messages are listed."""

    state: Literal["undelivered", "failed", "unsure"] | None = Field(
        default=None, description="one; default: all three"
    )
    limit: int = Field(default=50, ge=1, le=200, description="most messages on this page")
    cursor: str | None = Field(
        default=None, pattern=r"^[0-9]{1,15}$", description="`next` of the page before, with the same filters"
    )


class UnreachedMessage(Shown):
    """An SMS about a case that did not arrive, or of which nobody knows (`unsure`). Who is to be called: `phone`, the
    case's as it is now."""

    id: int
    reference: str
    service: str
    phone: str
    kind: str = Field(description="which text it is")
    language: str
    text: str
    state: str = Field(description="undelivered, failed, unsure")
    reason: str | None = Field(alias="error", serialization_alias="reason", description="the provider's word")
    provider: str | None
    attempts: int
    resends: int
    created_at: Moment
    tried_at: Moment | None
    closed_at: Moment | None


class UnreachedMessages(Shown):
    """A page of messages, newest first; `next` is the cursor of the page after it, null on the last."""

    items: list[UnreachedMessage]
    next: str | None


@operation.get("/messages", UnreachedMessages, MessageFilter)
def list_messages(caller: Caller, asked: MessageFilter) -> Reply:
    """The messages about the officer's cases that reached nobody, with the reason and the phone to call."""
    states, before = [asked.state] if asked.state else STATES, int(asked.cursor) if asked.cursor else None
    with caller.runtime.db.transaction() as tx:
        found = messages.listed(caller.runtime.context(tx), caller.officer, states, before, asked.limit + 1)
    page = found[: asked.limit]
    more = str(page[-1].id) if len(found) > asked.limit else None
    return ok(UnreachedMessages(items=[UnreachedMessage.model_validate(each) for each in page], next=more))


class Resend(Asked):
    """Why a message is sent again: the citizen may get it twice."""

    reason: str = Field(min_length=3, max_length=200, description="kept with the message, under the officer's name")


@operation.post("/messages/<number>/resend", Message, Resend, ("not_found", "illegal_move"))
def resend_message(caller: Caller, asked: Resend, number: str) -> Reply:
    """Send a message again that is unsure, undelivered, failed, or sent without a report; the message as it is then."""

    found = int(number) if re.fullmatch(r"[0-9]{1,15}", number) else 0

    def make(tx: Transaction) -> Reply:
        done = messages.send_again(caller.runtime.context(tx), caller.officer, found, asked.reason)
        if isinstance(done, Refused):
            return problems.reply(done.code, done.message, done.fields)
        return ok(Message.model_validate(done))

    return acting.once(caller, f"resend:{number}", asked, make)
