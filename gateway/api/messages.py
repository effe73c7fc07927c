"""The operations on messages: send one again.

Decides: what is asked and answered. Must not know: rights, Flask.
"""

import re

from pydantic import Field

from gateway.api import acting, operation, problems
from gateway.api.models import Asked, Message
from gateway.api.operation import Caller
from gateway.api.reply import Reply, ok
from handlers import messages
from handlers.context import Refused
from store.db import Transaction


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
