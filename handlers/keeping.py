"""Keeping personal data: given new seals, and told whole to the person whose it is.

Decides: what an export says, and which values get new seals. Must not know: who asks, SQL.
"""

from typing import Any

from handlers import personal
from handlers.context import Context
from store import access, sealed, subjects
from store.events import Span

BATCH = 500


def rekey_cases(context: Context, span: Span) -> int:
    """New seals for the cases of a span; how many cases changed."""
    sealed.use(context.tx, context.seals.newest, context.now)
    return sealed.reseal_cases(context.tx, *span, lambda field, value: _resealed(context, field, value))


def rekey_drafts(context: Context) -> int:
    """New seals for unfinished forms; how many changed."""
    return sealed.reseal_drafts(context.tx, lambda field, value: _resealed(context, field, value))


def rekey_cards(context: Context) -> int:
    """New seals and look-up hashes for a batch of cards; 0 when all are done."""
    stale = sealed.stale_cards(context.tx, context.seals.newest, BATCH)
    cards = [(phone, personal.opened_card(context.seals, kept)) for phone, kept in stale]
    sealed.set_cards(
        context.tx,
        [
            (phone, personal.sealed_card(context.seals, card) or "", personal.card_hash(context.seals, card) or "")
            for phone, card in cards
        ],
    )
    return len(cards)


def rekeyed(context: Context) -> None:
    """Nothing is under an older key any more."""
    sealed.only(context.tx, context.seals.newest)


def _resealed(context: Context, field: str, value: Any) -> Any:
    if context.seals.is_current(value):
        return value
    return context.seals.seal(field, str(context.seals.open(field, value)))


def export(context: Context, phone: str, officer: str) -> dict[str, Any]:
    """All that is held on a phone (E.164), sensitive values opened; the look is logged in the same transaction."""
    access.record(context.tx, officer, "export", context.now, phone=phone)
    found = subjects.held(context.tx, phone)
    opened = {name: [_opened(context, row) for row in part] for name, part in found.items()}
    return {"phone": phone, "at": context.now, **opened}


def _opened(context: Context, row: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        name: personal.opened(context.seals, value) if name in ("answers", "details") and value else value
        for name, value in row.items()
        if name not in ("card_hash", "pin_hash", "language_session")
    }
    if isinstance(shown.get("card"), str):
        shown["card"] = personal.opened_card(context.seals, shown["card"])
    return shown
