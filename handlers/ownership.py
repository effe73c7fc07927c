"""A number may get a new owner: who is asked before anything about an old case is said (services-domain §5.2).

Decides: when a phone is doubted, and what goes out instead of a notice. Must not know: what the answer does, cases.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from handlers.quiet import waits
from handlers.wording import sms
from menus.content import Content
from menus.gsm import segments
from store import asked, exchange
from store.db import Transaction
from store.outbox import NewMessage

SILENCE = timedelta(days=90)
"""After so long without a sign of its owner a number may have another one (services-domain §5.2)."""
FAILURES = 3
"""Messages in a row that the network could not deliver: the number may have been given back."""
AGAIN = timedelta(days=30)
"""An unanswered question is put again with the next notice after so long."""
KIND = "confirm_owner"
NOTICE = 1
"""Outbox priority of a notice."""
_NEWS = "STATUS"
"""What an owner who says yes to a question that nobody's message led to is told: the keyword for the own cases."""


def doubted(tx: Transaction, phones: Collection[str], now: datetime, but: int = 0) -> set[str]:
    """Those of the phones to which nothing of a case is said before their owner has answered.

    `but`: an incoming message that is no sign of the owner yet.
    """
    return exchange.doubted(tx, phones, now - SILENCE, FAILURES, but) if phones else set()


def ask(tx: Transaction, content: Content, languages: Mapping[str, str], now: datetime) -> list[NewMessage]:
    """The questions to put to doubted phones (phone -> language), each once in `AGAIN`, not in quiet hours."""
    asking = asked.ask_owners(tx, languages, _NEWS, now - AGAIN, now)
    return [_question(content, phone, languages[phone], now) for phone in sorted(asking)]


def _question(content: Content, phone: str, language: str, now: datetime) -> NewMessage:
    kind, text = sms(content, KIND, language, {})
    leaves = waits(content, night=True, day_off=False, now=now)
    return NewMessage(
        phone=phone,
        language=language,
        kind=kind,
        text=text,
        parts=segments(text),
        priority=NOTICE,
        not_before=leaves.not_before,
        held=leaves.held,
    )
