"""An unknown and a foreign reference are the same work: statement by statement, and by the clock."""

import statistics
import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway.runtime import Runtime
from handlers import pins
from handlers.answers import Sender
from handlers.texting import answer
from menus import references
from tests.fixtures import poster
from tests.handset import Handset, new_phone
from tests.system.journeys import JOURNEYS

CARD = "199012345678"
WARM_UP, TURNS = 20, 160
FORMS = (
    "{r}",
    "{r} 1",
    "{r} 0000",
    "{r} 5678",
    "الغاء {r}",
    "اعتراض {r}",
    "{r} ملاحظة",
    "STOP {r}",
    "بدء {r}",
    "{r} شنو صار",
)


@pytest.fixture
def foreign(app: Flask) -> str:
    """The reference of somebody else's message to the governorate; no phone but theirs is told anything of it."""
    other = Handset(poster(app))
    grievance = next(each for each in JOURNEYS if each.service == "grievance")
    other.dial().press("5", "1", CARD, "1", "1", *grievance.answers, "1").ends()
    return other.reference


@pytest.fixture
def unknown(foreign: str) -> str:
    return next(each for each in map(references.make, range(3_000_000, 3_000_009)) if each != foreign)


def statements(runtime: Runtime, phone: str, text: str) -> list[str]:
    """What the store is asked while a text is answered; nothing of it stays."""
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        asked.append(statement)

    with runtime.db.transaction() as tx, tx.begin_nested() as savepoint:
        sa.event.listen(tx, "before_cursor_execute", note)
        answer(runtime.context(tx), Sender(phone, 1, "ar", "*964#"), text)
        sa.event.remove(tx, "before_cursor_execute", note)
        savepoint.rollback()
    return asked


@pytest.mark.parametrize("form", FORMS)
def test_the_store_is_asked_the_same(runtime: Runtime, foreign: str, unknown: str, form: str) -> None:
    phone = new_phone()
    asked = statements(runtime, phone, form.format(r=foreign))
    assert asked
    assert asked == statements(runtime, phone, form.format(r=unknown))


@pytest.mark.parametrize("form", ["{r}", "{r} 0000"])
def test_the_clock_cannot_tell_them_apart(
    runtime: Runtime, foreign: str, unknown: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = overlap(runtime, [form.format(r=foreign), form.format(r=unknown)], capsys)
    if not 0.4 < found < 0.6:  # a busy machine: once more
        found = overlap(runtime, [form.format(r=foreign), form.format(r=unknown)], capsys)
    assert 0.35 < found < 0.65


def test_the_clock_would_tell_one_more_question_to_the_store(
    runtime: Runtime, unknown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not 0.35 < overlap(runtime, ["مساعدة", unknown], capsys) < 0.65


def test_pins_of_foreign_and_unknown_references_are_the_same_work(runtime: Runtime, foreign: str, unknown: str) -> None:
    def asked(reference: str) -> list[str]:
        found: list[str] = []
        with runtime.db.transaction() as tx, tx.begin_nested() as savepoint:
            sa.event.listen(tx, "before_cursor_execute", lambda c, cursor, statement, *more: found.append(statement))
            assert pins.status(runtime.context(tx), new_phone(), "k", reference, "1234") == {}
            savepoint.rollback()
        return found

    assert asked(foreign) == asked(unknown)


def overlap(runtime: Runtime, texts: list[str], capsys: pytest.CaptureFixture[str]) -> float:
    """How often the first text takes longer than the second, in interleaved turns: about 0.5 for the same work."""
    phone, taken = new_phone(), ([], [])  # type: tuple[str, tuple[list[float], list[float]]]
    for turn in range(2 * TURNS):
        which = (turn + turn // 2) % 2  # a b b a: what the machine does meanwhile falls on both
        with runtime.db.transaction() as tx, tx.begin_nested() as savepoint:
            context, begun = runtime.context(tx), time.perf_counter()
            answer(context, Sender(phone, turn + 1, "ar", "*964#"), texts[which])
            taken[which].append(time.perf_counter() - begun)
            savepoint.rollback()
    first, second = (times[WARM_UP:] for times in taken)
    wins = sum((a > b) + 0.5 * (a == b) for a in first for b in second)
    share = wins / (len(first) * len(second))  # the statistic of Mann and Whitney
    with capsys.disabled():
        medians = [f"{statistics.median(times) * 1000:.3f} ms" for times in (first, second)]
        print(f"\n{' and '.join(medians)}, overlap {share:.2f}")  # noqa: T201
    return share
