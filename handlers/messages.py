"""Messages that did not reach their citizen: an officer lists them to call, or has one sent again and says why.

Decides: who may, and which messages. Must not know: HTTP, providers.
"""

from collections.abc import Sequence
from dataclasses import replace

from handlers import desk, personal, rights
from handlers.context import Context, Refused
from store import access, applications, unreached, unsure
from store.officers import Officer
from store.outbox import Message
from store.unreached import Unreached


def listed(
    context: Context, officer: Officer, states: Sequence[str], before: int | None, limit: int
) -> list[Unreached]:
    """A page of the officer's cases' messages in these states, newest first; the look is logged. The phone of a
    citizen who is unknown to this officer is hidden."""
    found = unreached.page(context.tx, rights.scopes(context.content, officer), states, before, limit)
    asked = {"messages": ",".join(states)}
    access.record(context.tx, officer.name, "list", context.now, cases=len(found), asked=asked)
    return [_seen(context, officer, each) for each in found]


def _seen(context: Context, officer: Officer, message: Unreached) -> Unreached:
    case = applications.find(context.tx, message.reference)
    hidden = case is None or personal.is_hidden(context.content, case, officer)
    return replace(message, phone=personal.HIDDEN) if hidden else message


def send_again(context: Context, officer: Officer, message_id: int, reason: str) -> Message | Refused:
    """The message, due now; only one about a case that the officer sees, and only when its last sending has ended."""
    message = unsure.find(context.tx, message_id)
    if message is None or message.reference is None or desk.opened(context, officer, message.reference) is None:
        return Refused("not_found", "There is no such message in your directorate.")
    if not unsure.resend(context.tx, message_id, context.now, officer.name, reason, ended=True):
        return Refused("illegal_move", f"A message that is {message.state} cannot be sent again.")
    return unsure.find(context.tx, message_id) or message
