"""What every provider's adapter must keep, whatever its wire: a kit that each adapter is put through.

An adapter is described by an `Adapter`: how to make one, what its far side says for each case, and how to read what
arrived there. A new provider is one more of them in tests/gateway/test_provider_contract.py.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.providers import NO_ANSWER, Outcome, Outgoing, Provider
from tests.peers import Asked, Peer, Reply, closed_port, hanging_up, slow

PHONES = ("+9647700000001", "+9647800000002", "+9647500000003")
ARABIC, ENGLISH = "طلبك 24839174 قيد المراجعة", "Your case 24839174: fee [5,000] & 100% @ the office"
PATIENCE = (0.5, 0.5)


@dataclass(frozen=True)
class Adapter:
    """One adapter under test. `make` gets the far side's address; the replies are what its provider would say."""

    name: str
    make: Callable[[str], Provider]
    read: Callable[[Asked], list[tuple[str, str]]]
    """(phone, text) of each message in a request."""
    takes: Reply
    refuses_phone: Reply
    is_busy: Reply
    refuses_account: Reply
    mumbles: Reply
    """An answer of success that nobody understands."""
    breaks: Reply
    """A fault of the server after it read the request."""


def outgoing(provider: Provider, count: int = 1, text: str = ARABIC) -> list[Outgoing]:
    """Messages as the sending side makes them."""
    return [Outgoing(n, PHONES[n], text, provider.own_id(n, "0.0")) for n in range(count)]


def one(adapter: Adapter, far: Peer, reply: Reply) -> Outcome:
    """The outcome of one message that gets this reply."""
    far.then(reply)
    provider = adapter.make(far.url)
    try:
        (outcome,) = provider.send(outgoing(provider))
    finally:
        provider.close()
    return outcome


def carries_texts_unharmed(adapter: Adapter, far: Peer) -> None:
    """Both alphabets arrive as they were written, with their phones."""
    for text in (ARABIC, ENGLISH):
        far.forget()
        far.then(*[adapter.takes] * 3)
        provider = adapter.make(far.url)
        outcomes = provider.send(outgoing(provider, 3, text))
        provider.close()
        assert sorted(each for asked in far.asked for each in adapter.read(asked)) == sorted(
            (phone, text) for phone in PHONES
        )
        assert [(each.message_id, each.outcome) for each in outcomes] == [(0, "sent"), (1, "sent"), (2, "sent")]
        assert len({each.provider_id for each in outcomes}) == 3
        assert None not in {each.provider_id for each in outcomes}


def groups_no_more_than_it_says(adapter: Adapter, far: Peer) -> None:
    """A request has at most `recipients` phones."""
    far.then(*[adapter.takes] * 3)
    provider = adapter.make(far.url)
    provider.send(outgoing(provider, 3))
    assert len(far.asked) == -(-3 // provider.recipients)
    provider.close()


def tells_outcomes_apart(adapter: Adapter, far: Peer) -> None:
    """A refused phone is over, a busy provider is asked again, a refused account stops the line, the rest is unsure."""
    cases = {
        "sent": adapter.takes,
        "failed": adapter.refuses_phone,
        "retry": adapter.is_busy,
        "hold": adapter.refuses_account,
        "unsure": adapter.mumbles,
    }
    for outcome, reply in cases.items():
        got = one(adapter, far, reply)
        assert got.outcome == outcome, (outcome, got)
        assert got.code not in NO_ANSWER
        assert PHONES[0] not in got.detail
    assert one(adapter, far, adapter.breaks).outcome == "unsure"


def repeats_only_what_was_not_written(adapter: Adapter, far: Peer) -> None:
    """Nobody listens: again. The line was cut or the answer is late: unsure. Never a second request by itself."""
    provider = adapter.make(closed_port())
    assert [(o.outcome, o.code) for o in provider.send(outgoing(provider))] == [("retry", "connect")]
    provider.close()
    with hanging_up() as (url, read):
        provider = adapter.make(url)
        assert [(o.outcome, o.code) for o in provider.send(outgoing(provider))] == [("unsure", "lost")]
        provider.close()
        assert len(read) == 1
    late = one(adapter, far, slow(1.0, adapter.takes))
    assert (late.outcome, late.code) == ("unsure", "timeout")
    assert len(far.asked) == 1


def keeps_an_id_of_its_own_for_the_unsure(adapter: Adapter, far: Peer) -> None:
    """Where we choose the id, a report can find a message whose answer was lost."""
    provider = adapter.make(far.url)
    own_id = provider.own_id(0, "0.0")
    assert provider.own_id(0, "0.1") != own_id or own_id is None
    provider.close()
    assert one(adapter, far, slow(1.0, adapter.takes)).provider_id == own_id


def refuses_what_is_no_phone(adapter: Adapter, far: Peer) -> None:
    """A sender in letters or Arabic digits is never asked for."""
    provider = adapter.make(far.url)
    odd = [Outgoing(1, "+٩٦٤٧٧٠٠٠٠٠٠٠١", "x", "1"), Outgoing(2, "5599", "x", "2"), Outgoing(3, "+964\n", "x", "3")]
    assert [each.outcome for each in provider.send(odd)] == ["failed"] * 3
    assert provider.send([]) == []
    provider.close()
    assert far.asked == []


def works_for_several_threads(adapter: Adapter, far: Peer) -> None:
    """Each thread gets the outcomes of its own messages."""
    far.then(*[adapter.takes] * 24)
    provider = adapter.make(far.url)
    start = threading.Barrier(8)

    def send(thread: int) -> list[int]:
        start.wait()
        sent = [
            provider.send([Outgoing(thread * 10 + n, PHONES[n], f"{thread}-{n}", f"{thread}.{n}")]) for n in range(3)
        ]
        return [outcome.message_id for outcomes in sent for outcome in outcomes if outcome.outcome == "sent"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [[thread * 10 + n for n in range(3)] for thread in range(8)]
    provider.close()


CHECKS: list[Callable[[Adapter, Peer], None]] = [
    carries_texts_unharmed,
    groups_no_more_than_it_says,
    tells_outcomes_apart,
    repeats_only_what_was_not_written,
    keeps_an_id_of_its_own_for_the_unsure,
    refuses_what_is_no_phone,
    works_for_several_threads,
]
