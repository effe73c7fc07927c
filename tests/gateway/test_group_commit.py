"""Questions asked together: nobody waits for nothing, nobody pays for another's fault, a hanging store stays polite."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from gateway import loop
from gateway.errands import Errands, TooSlow
from gateway.group_commit import PATIENCE_S, GroupCommit
from store.db import StoreUnavailable

Work = Callable[[Sequence[int]], Sequence[int]]


class Store:
    """It doubles numbers, and remembers in which batches; while `gate` is shut it hangs."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def work(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self.gate.wait(10)
        if 13 in items:
            raise LookupError("thirteen")
        if 99 in items:
            raise StoreUnavailable("away")
        return [2 * item for item in items]


@pytest.fixture
def store() -> Store:
    return Store()


def together(
    store: Store, linger_s: float = 0.0, leave_alone_s: float = 0.0, first_s: float = 0.0
) -> GroupCommit[int, int]:
    errands = Errands(4)

    async def work(items: Sequence[int]) -> Sequence[int]:
        return await errands.run(lambda: store.work(items), 10)

    return GroupCommit(work, lambda item: item % 10, linger_s, leave_alone_s, first_s)


async def ask(group: GroupCommit[int, int], items: Sequence[int], seconds: float = 5.0) -> list[int | BaseException]:
    return await asyncio.gather(*(group.do(item, seconds) for item in items), return_exceptions=True)


def test_what_comes_together_goes_together_and_what_comes_meanwhile_goes_next(store: Store) -> None:
    group = together(store)
    store.gate.clear()

    async def three_times() -> list[list[int | BaseException]]:
        asked = []
        for items in ([1, 2, 3], [4], [5, 6]):
            asked.append(asyncio.ensure_future(ask(group, items)))
            await asyncio.sleep(0.02)
        store.gate.set()
        return [await each for each in asked]

    assert loop.run(three_times()) == [[2, 4, 6], [8], [10, 12]]
    assert store.batches == [[1, 2, 3], [4, 5, 6]]


def test_while_many_come_a_batch_waits_for_more(store: Store) -> None:
    group = together(store, linger_s=0.1)

    async def now_and_then() -> None:
        await ask(group, [1, 2])
        asked = []
        for item in (3, 4, 5):
            asked.append(asyncio.ensure_future(group.do(item, 5)))
            await asyncio.sleep(0.01)
        await asyncio.gather(*asked)
        for item in (6, 7):
            await group.do(item, 5)

    loop.run(now_and_then())
    assert store.batches == [[1, 2], [3, 4, 5], [6], [7]]


def test_of_those_with_one_key_one_is_in_a_batch(store: Store) -> None:
    assert loop.run(ask(together(store), [1, 2, 12, 22, 3])) == [2, 4, 24, 44, 6]
    assert store.batches == [[1, 2, 3], [12], [22]]


def test_the_fault_of_one_is_not_the_others(store: Store) -> None:
    results = loop.run(ask(together(store), [1, 2, 13, 4]))
    assert [results[0], results[1], results[3]] == [2, 4, 8]
    assert isinstance(results[2], LookupError)


def test_where_the_store_is_away_nobody_is_asked_for_twice(store: Store) -> None:
    results = loop.run(ask(together(store), [1, 99, 2]))
    assert [type(each) for each in results] == [StoreUnavailable] * 3
    assert store.batches == [[1, 99, 2]]


def test_what_came_too_late_is_done_all_the_same(store: Store) -> None:
    group = together(store)
    store.gate.clear()
    late = loop.run(ask(group, [1, 11], 0.05))
    assert [type(each) for each in late] == [TooSlow, TooSlow]
    store.gate.set()
    until = time.monotonic() + 3
    while store.batches != [[1], [11]] and time.monotonic() < until:
        time.sleep(0.01)
    assert store.batches == [[1], [11]]


def test_a_batch_that_hangs_holds_the_next_one_up_for_a_moment_only(store: Store) -> None:
    group = together(store)
    store.gate.clear()

    async def behind() -> int | BaseException:
        first = asyncio.ensure_future(group.do(1, 9))
        await asyncio.sleep(0.01)
        second = asyncio.ensure_future(group.do(2, 9))
        await asyncio.sleep(PATIENCE_S + 0.3)
        assert store.batches == [[1], [2]]
        store.gate.set()
        assert await first == 2
        return await second

    assert loop.run(behind()) == 4


def test_after_an_answer_that_came_too_late_nothing_is_asked_for_a_while(store: Store) -> None:
    group = together(store, leave_alone_s=5.0)
    store.gate.clear()
    loop.run(ask(group, [1], 0.05))
    began = time.monotonic()
    (result,) = loop.run(ask(group, [2], 5.0))
    assert isinstance(result, TooSlow)
    assert time.monotonic() - began < 0.5
    store.gate.set()


@pytest.mark.parametrize(("first_s", "longest"), [(5.0, 0.1), (0.1, 0.0), (0.0, 0.0)])
def test_others_give_way_to_a_batch_until_it_is_back_but_not_for_long(
    store: Store, first_s: float, longest: float
) -> None:
    group = together(store, first_s=first_s)
    store.gate.clear()

    async def waited() -> tuple[float, bool]:
        """How long, from a moment after the batch has left; it comes back 0.1 s after that."""
        await group.clear()
        batch = asyncio.ensure_future(group.do(1, 9))
        await asyncio.sleep(0.12 if first_s == 0.1 else 0.02)
        asyncio.get_running_loop().call_later(0.1, store.gate.set)
        began = time.monotonic()
        await group.clear()
        took, was_back = time.monotonic() - began, batch.done()
        await batch
        await group.clear()
        return took, was_back

    took, was_back = loop.run(waited())
    assert longest <= took < longest + 0.08
    assert was_back == (first_s == 5.0)


def test_an_errand_brings_its_result_its_fault_or_nothing_in_time() -> None:
    errands = Errands(2)

    async def run() -> None:
        assert await errands.run(lambda: 7, 1.0) == 7
        with pytest.raises(ZeroDivisionError):
            await errands.run(lambda: 1 // 0, 1.0)
        with pytest.raises(TooSlow):
            await errands.run(lambda: time.sleep(0.3), 0.05)

    loop.run(run())
