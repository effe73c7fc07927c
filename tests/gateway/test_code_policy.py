"""What becomes of a message by the provider's word on it: alone, and beside a second provider."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateway.backoff import BACKOFF, HOLD
from gateway.jobs import drain_all
from gateway.providers import Outcome, Outgoing
from gateway.providers.africastalking import AfricasTalking
from gateway.stopping import Stop
from store.db import Database
from tests.gateway.carrying import Scripted, carrying
from tests.gateway.outbox_rows import NOW, now, phone, queue, states
from tests.peers import Peer, listing

SENT, FAILED, UNSURE = ("sent", None), ("failed", None), ("unsure", None)
SOON, HELD = ("queued", BACKOFF[0]), ("queued", HOLD)

POLICY = [
    # code, alone, whether a second provider gets it
    (100, SENT, False),
    (101, SENT, False),
    (102, SENT, False),
    (401, HELD, True),
    (402, HELD, True),
    (403, FAILED, False),
    (404, FAILED, False),
    (405, HELD, True),
    (406, FAILED, False),
    (407, FAILED, True),
    (409, FAILED, False),
    (500, SOON, True),
    (501, SOON, True),
    (502, SOON, True),
    (408, UNSURE, False),
    (499, UNSURE, False),
]
"""The reference's table of recipient codes, and two that it does not have."""


def taking(messages: Sequence[Outgoing]) -> list[Outcome]:
    return [Outcome(m.id, "sent", f"k{m.id}") for m in messages]


@pytest.mark.parametrize(("code", "alone"), [(code, alone) for code, alone, _ in POLICY])
def test_each_code_has_its_policy(
    db: Database, far: Peer, provider: AfricasTalking, code: int, alone: tuple[str, timedelta | None]
) -> None:
    queue(db, 1)
    far.then(listing({phone(1): code}))
    drained = drain_all(db, carrying(provider), now, Stop())
    state, after = alone
    with db.transaction() as tx:
        row = tx.execute(sa.text("SELECT state, next_attempt_at FROM gateway.message")).one()
    assert tuple(row) == (state, NOW + (after or timedelta()))
    assert bool(drained.pause) == (alone == HELD)


@pytest.mark.parametrize(("code", "moves"), [(code, moves) for code, _, moves in POLICY])
def test_each_code_moves_to_the_second_provider_or_never_does(
    db: Database, far: Peer, provider: AfricasTalking, code: int, moves: bool
) -> None:
    queue(db, 1)
    far.then(listing({phone(1): code}))
    second = Scripted(taking, "kannel")
    drain_all(db, carrying(provider, second), now, Stop())
    assert len(second.given) == moves
    assert len(far.asked) == 1
    if moves:
        assert states(db) == ["sent"]


def test_what_nobody_can_route_is_tried_everywhere_and_then_fails(db: Database) -> None:
    def lost(messages: Sequence[Outgoing]) -> list[Outcome]:
        return [Outcome(m.id, "failed", code="CouldNotRoute", unroutable=True) for m in messages]

    queue(db, 1)
    first, second = Scripted(lost), Scripted(lost, "kannel")
    drain_all(db, carrying(first, second), now, Stop())
    assert states(db) == ["failed"]
    assert (len(first.given), len(second.given)) == (2, 1)
