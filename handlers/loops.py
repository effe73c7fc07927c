"""Which senders are machines, or too many: answered at most once, then kept in a quarantine that people see.

Decides: whether a message is answered at all, and whether an answer that we gave before is given again. Must not know:
what the message asks for.
"""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from handlers.context import Context
from menus.localized import fill, placeholders
from menus.normalise import fold
from menus.phones import to_e164
from store import exchange, quarantine
from store.quarantine import Reason

A_DAY = 60
"""Messages of one phone that are answered in a day; the next is told so, the rest are only kept."""
ALIKE = 5
"""Times that one answer is given to a phone within `BACK_AND_FORTH`."""
UNREADABLE = 1
"""Times that one text which we cannot read is answered within `BACK_AND_FORTH`."""
BACK_AND_FORTH = timedelta(hours=1)
AUTOMATIC = timedelta(hours=24)
ECHOED = timedelta(hours=24)
ECHO_LENGTH = 20
"""Letters of ours in a message, from which it quotes us: a citizen types less than we do."""
AT_ONCE = timedelta(seconds=15)
AT_ONCE_LENGTH = 40
"""Letters that nobody reads our answer and types in `AT_ONCE`; an automatic reply of any wording does."""
TEXTS_OF_MACHINES = re.compile(
    r"\bauto(?:matic|mated)? ?(?:reply|response|responder|message)\b|\bdo not reply\b|\bno ?reply\b"
    r"|\bout of (?:the )?office\b"
    r"|\b(?:am|is) (?:currently )?(?:driving|unavailable|away)\b|\bcall you (?:back )?later\b|\bhas been received\b"
    r"|\bthank you for (?:contacting|your message|your sms)\b|\bundeliverable\b|\bdelivery (?:failed|report)\b"
    r"|رد الي\b|رد تلقائي|رساله تلقائيه|رساله اليه|لا ترد علي هذه الرساله|خارج المكتب|شكرا لتواصلكم|شكرا لتواصلك"
    r"|سنرد عليك|تم استلام رسالتك|عذرا لا يمكنني الرد|لا يمكنني الرد|انا مشغول الان|سوف اتصل بك لاحقا"
)
_ANY = "qxq"
_SHORT_CODE = re.compile(r"\+?[0-9]{2,6}")


def before_reading(context: Context, message: int, phone: str, text: str, ours: Sequence[str]) -> Reason | None:
    """Why this message is not answered, before anybody reads it; it is in the quarantine then."""
    reason = _machine(context, phone, text, ours)
    if reason:
        until = None if reason == "our own number" else context.now + AUTOMATIC
        quarantine.put(context.tx, phone, reason, until, context.now)
        return reason
    if _counted(context, message, phone, _today(context)) > A_DAY:
        quarantine.put(context.tx, phone, "flood", _today(context) + timedelta(days=1), context.now)
        return "flood"
    return None


def is_last_of_the_day(context: Context, message: int, phone: str) -> bool:
    """Whether this is the message with which a phone reaches its day's number: it is told, once."""
    return _counted(context, message, phone, _today(context)) == A_DAY


def before_answering(
    context: Context, message: int, phone: str, text: str, answer: str, kind: str, about_case: bool = False
) -> bool:
    """Whether this answer may be given: not when text and answer have gone back and forth already.

    `about_case`: it tells the owner of a case what became of it.
    """
    if not about_case and _came_at_once(context, phone, text):
        quarantine.put(context.tx, phone, "automatic", context.now + AUTOMATIC, context.now)
        return False
    since = _since(context, phone, context.now - BACK_AND_FORTH)
    if kind == "not_understood" and exchange.count(context.tx, message, phone, since, text=text) >= UNREADABLE:
        alike = True
    else:
        alike = exchange.answered_alike(context.tx, phone, answer, since) >= ALIKE
    if alike:
        quarantine.put(context.tx, phone, "repeats", context.now + BACK_AND_FORTH, context.now)
    return not alike


def is_short_code(sender: str) -> bool:
    """Whether a sender is a service's number, not a phone."""
    return bool(_SHORT_CODE.fullmatch(sender.strip()))


def _machine(context: Context, phone: str, text: str, ours: Sequence[str]) -> Reason | None:
    if phone in ours or phone in [to_e164(number) for number in ours]:
        return "our own number"
    folded = fold(text)
    if TEXTS_OF_MACHINES.search(folded) or _is_ours(context, folded):
        return "automatic"
    said = exchange.said(context.tx, phone, context.now - ECHOED) if len(folded) >= ECHO_LENGTH else []
    quoted = any((len(fold(each)) >= ECHO_LENGTH and fold(each) in folded) or folded in fold(each) for each in said)
    return "echo" if quoted else None


def _came_at_once(context: Context, phone: str, text: str) -> bool:
    long = len(fold(text)) >= AT_ONCE_LENGTH
    return long and exchange.reached(context.tx, phone, _since(context, phone, context.now - AT_ONCE))


def _is_ours(context: Context, folded: str) -> bool:
    """Whether the text is one that a gateway like this one writes."""
    if len(folded) < ECHO_LENGTH:
        return False
    shapes = _shapes(tuple(text for each in context.content.sms.values() for text in each.values()))
    return any(shape.fullmatch(folded) for shape in shapes)


@lru_cache(maxsize=4)
def _shapes(texts: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Our texts, folded, with any words where values stand; those with hardly a word of their own say nothing."""
    shapes = []
    for text in texts:
        names = placeholders({"": text})
        pattern = re.escape(fold(fill(text, dict.fromkeys(names, f" {_ANY} ")))).replace(_ANY, "(?:.+?)")
        if len(pattern.replace("(?:.+?)", "")) >= ECHO_LENGTH:
            shapes.append(re.compile(pattern))
    return tuple(shapes)


def _counted(context: Context, message: int, phone: str, since: datetime) -> int:
    return exchange.count(context.tx, message, phone, _since(context, phone, since))


def _since(context: Context, phone: str, since: datetime) -> datetime:
    """From then on, but not what a phone did before a person released it."""
    released = quarantine.released_at(context.tx, phone)
    return max(since, released) if released else since


def _today(context: Context) -> datetime:
    return datetime.combine(context.today, time(), ZoneInfo(context.content.calendar.timezone))
