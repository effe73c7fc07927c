"""Running broadcasts reach the outbox a little at a time, so that a pause or a cancel stops what has not.

Decides: how many messages are due by the pace, who still wants them, and when a broadcast is done. Must not know:
providers, or who calls it how often.
"""

from dataclasses import dataclass
from datetime import timedelta

from handlers.context import Context
from handlers.quiet import waits
from menus.gsm import segments
from store import broadcasts, outbox
from store.broadcasts import Broadcast, Recipient

BROADCAST = 2
"""Outbox priority: after answers and notices."""
KIND = "broadcast"
BURST = timedelta(seconds=10)
"""A feeder that was away makes up for this much of the pace, and no more."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Fed:
    """What one look did: messages queued, phones left out because they asked for no news since, broadcasts done."""

    queued: int = 0
    skipped: int = 0
    done: int = 0


def feed(context: Context) -> Fed:
    """Queue what is due of every running broadcast; in quiet hours of urgent ones only. Safe in several copies."""
    fed, quiet = Fed(), bool(waits(context.content, night=True, day_off=False, now=context.now).not_before)
    for broadcast in broadcasts.running(context.tx, context.now):
        if broadcast.urgent or not quiet:
            one = _feed(context, broadcast)
            fed = Fed(fed.queued + one.queued, fed.skipped + one.skipped, fed.done + one.done)
    return fed


def _feed(context: Context, broadcast: Broadcast) -> Fed:
    if broadcasts.backlog(context.tx, BROADCAST) >= broadcast.parts_per_minute:
        return Fed()  # the providers are slower than the pace: what is not queued can still be stopped
    sizes = {language: segments(text) for language, text in broadcast.texts.items()}
    paid = max(broadcast.paid_until or context.now, context.now - BURST)
    waiting = broadcasts.waiting(context.tx, broadcast.id, BATCH)
    messages: dict[str, int] = {}
    skipped: list[str] = []
    for each in waiting:
        if not each.wants:
            skipped.append(each.phone)
        elif paid > context.now:
            break
        else:
            messages[each.phone] = _queue(context, broadcast, each, sizes[each.language])
            paid += _takes(broadcast, sizes[each.language])
    broadcasts.queued(context.tx, broadcast.id, messages)
    broadcasts.skipped(context.tx, broadcast.id, skipped)
    broadcasts.pay(context.tx, broadcast.id, paid)
    done = len(messages) + len(skipped) == len(waiting) < BATCH
    if done:
        broadcasts.step(context.tx, broadcast.id, "done", "done", "system", context.now)
    return Fed(len(messages), len(skipped), int(done))


def _takes(broadcast: Broadcast, parts: int) -> timedelta:
    return timedelta(minutes=parts / broadcast.parts_per_minute)


def _queue(context: Context, broadcast: Broadcast, recipient: Recipient, parts: int) -> int:
    text = broadcast.texts[recipient.language]
    new = outbox.NewMessage(recipient.phone, recipient.language, KIND, text, parts, BROADCAST)
    number = outbox.insert(context.tx, new, context.now)
    assert number is not None  # only an event's or a text's message can be there already
    return number
