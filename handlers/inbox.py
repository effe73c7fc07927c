"""A stored SMS is handled: answered once, in the transaction that marks it handled.

Decides: who gets an answer. Must not know: HTTP, queues.
"""

from handlers.context import Context
from handlers.texting import Answer, Sender, answer
from menus import phones
from menus.gsm import segments
from store import inbound, outbox

REPLY = 0
"""Outbox priority of an answer to the citizen's own message."""


def handle(context: Context, message_id: int, default_language: str, ussd_code: str) -> bool:
    """Answer one stored message; False when it was handled already, or is being handled elsewhere.

    A sender that is no phone (a short code, letters) is stored and left alone: answering machines would loop.
    """
    message = inbound.lock(context.tx, message_id)
    if message is None:
        return False
    phone = phones.from_wire(message.phone)
    if phone is None:
        inbound.handled(context.tx, message_id, "no_phone", context.now)
        return True
    sender = Sender(phone, message_id, default_language, ussd_code)
    reply = answer(context, sender, message.text)
    if reply is not None:
        outbox.insert(context.tx, _row(message_id, phone, reply), context.now)
    inbound.handled(context.tx, message_id, reply.kind if reply else "acted", context.now)
    return True


def _row(message_id: int, phone: str, reply: Answer) -> outbox.NewMessage:
    return outbox.NewMessage(
        phone=phone,
        language=reply.language,
        kind=reply.kind,
        text=reply.text,
        parts=segments(reply.text),
        priority=REPLY,
        reference=reply.reference,
        inbound_id=message_id,
    )
