"""A stored SMS is handled: answered once, in the transaction that marks it handled.

Decides: who gets an answer. Must not know: HTTP, queues, what a message means.
"""

from collections.abc import Sequence
from datetime import timedelta

from handlers import loops
from handlers.answers import Answer, Desk, Sender
from handlers.context import Context
from handlers.texting import answer
from menus import phones
from menus.gsm import segments
from store import exchange, inbound, outbox, quarantine
from store.inbound import Inbound

REPLY = 0
"""Outbox priority of an answer to the citizen's own message."""
REPEAT = timedelta(seconds=5)
"""The same text under a new id within this time is the provider's repeat, not the citizen's."""
CHANGED = "acted"
"""Intent of a message that moved a case."""
NO_PHONE = "no_phone"


def handle(context: Context, message_id: int, default_language: str, ussd_code: str, ours: Sequence[str] = ()) -> bool:
    """Answer one stored message; False when it was handled already, or is being handled elsewhere.

    A sender that is no phone (a short code, letters) is stored and left alone: answering machines would loop. `ours`:
    the numbers that are our own.
    """
    message = inbound.lock(context.tx, message_id)
    if message is None:
        return False
    phone = None if loops.is_short_code(message.phone) else phones.from_wire(message.phone)
    if phone is None:
        quarantine.put(context.tx, message.phone, "no phone", None, context.now)
        inbound.handled(context.tx, message_id, NO_PHONE, context.now)
        return True
    exchange.turn(context.tx, phone)
    intent = _answered(context, message, Sender(phone, message_id, default_language, ussd_code), ours)
    inbound.handled(context.tx, message_id, intent, context.now)
    return True


def _answered(context: Context, message: Inbound, sender: Sender, ours: Sequence[str]) -> str:
    """Answer a phone, when it is to be answered; what the message meant."""
    if _is_repeat(context, message, sender.phone):
        return exchange.REPEATED
    reason = loops.before_reading(context, message.id, sender.phone, message.text, ours)
    if reason:
        return f"quarantined: {reason}"
    if loops.is_last_of_the_day(context, message.id, sender.phone):
        reply: Answer | None = Desk(context, sender, sender.default_language).say("throttle")
    else:
        reply = answer(context, sender, message.text)
    if reply is None:
        return CHANGED
    about, said = reply.reference is not None, (message.text, reply.text, reply.kind)
    if reply.text and loops.before_answering(context, message.id, sender.phone, *said, about):
        outbox.insert(context.tx, _row(message.id, sender.phone, reply), context.now)
    return reply.kind


def _is_repeat(context: Context, message: Inbound, phone: str) -> bool:
    """What moved a case counts once in any case; else a text sent again after our answer left is meant again."""
    twin = exchange.twin(context.tx, message.id, message.phone, message.text, message.received_at - REPEAT)
    return twin is not None and (twin.intent == CHANGED or not twin.answered)


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
