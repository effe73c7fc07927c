"""A message is sent again because a person wants it, and says why.

Decides: who may, and which messages. Must not know: HTTP, providers.
"""

from handlers import desk
from handlers.context import Context, Refused
from store import unsure
from store.officers import Officer
from store.outbox import Message


def send_again(context: Context, officer: Officer, message_id: int, reason: str) -> Message | Refused:
    """The message, due now; only one about a case that the officer sees, and only when its last sending has ended."""
    message = unsure.find(context.tx, message_id)
    if message is None or message.reference is None or desk.opened(context, officer, message.reference) is None:
        return Refused("not_found", "There is no such message in your directorate.")
    if not unsure.resend(context.tx, message_id, context.now, officer.name, reason, ended=True):
        return Refused("illegal_move", f"A message that is {message.state} cannot be sent again.")
    return unsure.find(context.tx, message_id) or message
